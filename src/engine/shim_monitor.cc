#include "engine/shim_monitor.h"

#include <spdlog/spdlog.h>

#include "base/error.h"
#include "sys/event.h"

namespace minibox::engine {

ShimMonitor::ShimMonitor() : epoll_(sys::make_epoll()), wake_(sys::make_eventfd()) {
  sys::epoll_add_oneshot(epoll_, wake_, 0);
  thread_ = std::thread([this] { run(); });
}

ShimMonitor::~ShimMonitor() {
  stop();
}

void ShimMonitor::stop() {
  if (!thread_.joinable()) return;
  sys::signal_eventfd(wake_);
  thread_.join();
}

void ShimMonitor::watch(const sys::Fd& fd, Handler on_event) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t key = next_key_++;
  watched_[key] = std::move(on_event);
  try {
    sys::epoll_add_oneshot(epoll_, fd, key);
  } catch (...) {
    watched_.erase(key);
    throw;
  }
}

void ShimMonitor::run() {
  for (;;) {
    for (const std::uint64_t key : sys::epoll_wait_keys(epoll_)) {
      if (key == 0) return;
      Handler on_event;
      {
        const std::lock_guard lock(mutex_);
        on_event = std::move(watched_.at(key));
        watched_.erase(key);
      }
      try {
        on_event();
      } catch (...) {
        spdlog::error("{}", current_exception_text());
      }
    }
  }
}

}  // namespace minibox::engine
