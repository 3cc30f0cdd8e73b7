// One thread that waits, with epoll, for the end of every running container.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "sys/fd.h"

namespace minibox::engine {

class ShimMonitor {
 public:
  using Handler = std::function<void(const std::string& id)>;  // called on the monitor's thread, once per watch()
  explicit ShimMonitor(Handler on_event);
  ~ShimMonitor();
  void watch(const std::string& id, const sys::Fd& socket);  // until it is readable or closed

 private:
  void run();
  Handler on_event_;
  sys::Fd epoll_;
  sys::Fd wake_;  // eventfd; readable: end
  std::mutex mutex_;
  std::map<std::uint64_t, std::string> watched_;
  std::uint64_t next_key_ = 1;
  std::thread thread_;
};

}  // namespace minibox::engine
