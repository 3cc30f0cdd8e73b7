// One thread that waits, with epoll, for the end of every running container and of every shim.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "sys/fd.h"

namespace minibox::engine {

class ShimMonitor {
 public:
  using Handler = std::function<void()>;  // called on the monitor's thread, once; what it throws is logged
  ShimMonitor();
  ~ShimMonitor();  // handlers that were not called are dropped
  // Until `fd` is readable or closed; it must stay open until the handler has been called.
  void stop();  // no handler runs from here on; what is watched then is never told
  void watch(const sys::Fd& fd, Handler on_event);

 private:
  void run();
  sys::Fd epoll_;
  sys::Fd wake_;  // eventfd; readable: end
  std::mutex mutex_;
  std::map<std::uint64_t, Handler> watched_;
  std::uint64_t next_key_ = 1;
  std::thread thread_;
};

}  // namespace minibox::engine
