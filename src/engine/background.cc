#include "engine/background.h"

#include <spdlog/spdlog.h>

#include "base/error.h"

namespace minibox::engine {

Background::Background() : thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

Background::~Background() {
  drain();
  thread_.request_stop();
}

void Background::post(std::string what, std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({std::move(what), std::move(job)});
  changed_.notify_all();
}

void Background::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return jobs_.empty() && !busy_; });
}

void Background::work(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return !jobs_.empty(); })) {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    busy_ = true;
    lock.unlock();
    try {
      job.run();
    } catch (...) {
      spdlog::warn("{}: {}", job.what, current_exception_text());
    }
    job.run = nullptr;  // what it holds is released before drain() returns
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace minibox::engine
