#include "engine/quiet_lane.h"

#include <spdlog/spdlog.h>

#include "base/error.h"
#include "sys/priority.h"

namespace minibox::engine {

QuietLane::QuietLane() : thread_([this](const std::stop_token& stop) { work(stop); }) {}

bool QuietLane::post(const std::string& name, Job job) {
  const std::lock_guard lock(mutex_);
  if (!names_.insert(name).second) return false;
  jobs_.push_back({name, std::move(job)});
  posted_.notify_one();
  return true;
}

void QuietLane::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void QuietLane::work(const std::stop_token& stop) {
  sys::try_lower_priority();  // inherited by the threads that a job begins
  std::unique_lock lock(mutex_);
  while (posted_.wait(lock, stop, [&] { return !jobs_.empty(); }) && !stop.stop_requested()) {
    Named job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    try {
      job.run(stop);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCancelled) spdlog::warn("{}: {}", job.name, error.text());
    } catch (...) {
      spdlog::warn("{}: {}", job.name, current_exception_text());
    }
    lock.lock();
    names_.erase(job.name);
  }
}

}  // namespace minibox::engine
