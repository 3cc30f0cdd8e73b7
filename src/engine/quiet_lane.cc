#include "engine/quiet_lane.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "sys/priority.h"

namespace minibox::engine {

QuietLane::QuietLane() : thread_([this](const std::stop_token& stop) { work(stop); }) {}

bool QuietLane::post(const std::string& what, Work run, const std::string& image) {
  const std::lock_guard lock(mutex_);
  if (!images_.emplace(what, image).second) return false;
  waiting_.push_back({what, std::move(run)});
  posted_.notify_one();
  return true;
}

bool QuietLane::is_fetching(const std::string& image) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(images_.begin(), images_.end(), [&](const auto& one) { return one.second == image; });
}

void QuietLane::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void QuietLane::work(const std::stop_token& stop) {
  sys::try_lower_priority();  // inherited by the threads that a job begins
  std::unique_lock lock(mutex_);
  while (posted_.wait(lock, stop, [&] { return !waiting_.empty(); }) && !stop.stop_requested()) {
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    try {
      job.run(stop);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCancelled) spdlog::warn("{}: {}", job.what, error.text());
    } catch (...) {
      spdlog::warn("{}: {}", job.what, current_exception_text());
    }
    lock.lock();
    images_.erase(job.what);
  }
}

}  // namespace minibox::engine
