#include "engine/pull_lane.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/error.h"
#include "sys/priority.h"

namespace minibox::engine {
PullLane::PullLane() : thread_([this](const std::stop_token& stop) { work(stop); }) {}

bool PullLane::post(Pull pull) {
  const std::lock_guard lock(mutex_);
  if (!images_.emplace(pull.what, pull.image).second) return false;
  waiting_.push_back(std::move(pull));
  posted_.notify_one();
  return true;
}

bool PullLane::is_fetching(const std::string& image) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(images_.begin(), images_.end(), [&](const auto& one) { return one.second == image; });
}

void PullLane::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void PullLane::work(const std::stop_token& stop) {
  sys::try_lower_priority();  // inherited by the threads that a pull begins
  std::unique_lock lock(mutex_);
  while (posted_.wait(lock, stop, [&] { return !waiting_.empty(); }) && !stop.stop_requested()) {
    Pull pull = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    try {
      pull.run(stop);
    } catch (...) {
      spdlog::warn("{}: {}", pull.what, current_exception_text());
    }
    lock.lock();
    images_.erase(pull.what);
  }
}

}  // namespace minibox::engine
