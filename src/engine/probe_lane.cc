#include "engine/probe_lane.h"

#include <spdlog/spdlog.h>

#include "base/error.h"

namespace minibox::engine {

ProbeLane::ProbeLane(size_t places) : free_(places), thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

void ProbeLane::submit(Start start) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(start));
  changed_.notify_all();
}

void ProbeLane::done() {
  const std::lock_guard lock(mutex_);
  ++free_;
  changed_.notify_all();
}

void ProbeLane::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void ProbeLane::work(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return free_ > 0 && !waiting_.empty(); })) {
    if (stop.stop_requested()) return;
    Start start = std::move(waiting_.front());
    waiting_.pop_front();
    --free_;
    lock.unlock();
    bool under_way = false;
    try {
      under_way = start();
    } catch (...) {
      spdlog::warn("health check: {}", current_exception_text());
    }
    start = nullptr;
    lock.lock();
    if (!under_way) ++free_;
  }
}

}  // namespace minibox::engine
