#include "engine/timer.h"

#include <spdlog/spdlog.h>

#include "base/error.h"

namespace minibox::engine {

Timer::Timer() : thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

void Timer::schedule(std::chrono::milliseconds delay, std::string what, std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.emplace(Clock::now() + delay, Job{std::move(what), std::move(job)});
  changed_.notify_all();
}

void Timer::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Timer::work(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return !jobs_.empty(); })) {
    const Clock::time_point due = jobs_.begin()->first;
    if (Clock::now() < due) {
      // Woken early by an earlier job, and by stop().
      changed_.wait_until(lock, stop, due, [&] { return jobs_.begin()->first < due; });
      if (stop.stop_requested()) return;
      continue;
    }
    Job job = std::move(jobs_.begin()->second);
    jobs_.erase(jobs_.begin());
    lock.unlock();
    try {
      job.run();
    } catch (...) {
      spdlog::warn("{}: {}", job.what, current_exception_text());
    }
    job.run = nullptr;
    lock.lock();
    if (stop.stop_requested()) return;
  }
}

}  // namespace minibox::engine
