// Keeps the host's FORWARD chain open for our bridge (network/host_firewall.h), also when the host's firewall is
// reloaded. A look costs by the size of the host's whole rule set, a quarter of a second where it has thousands of
// rules: no start waits for one. A thread looks, however often the rules change with a pause of two seconds or more
// after each look.
//
// Lifecycle: open() before the first container, check_soon() whenever somebody has changed rules, close() with the
// bridge. Any thread may call; the keeper's thread acts on the network namespace of the one that called check_soon()
// first.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "network/config.h"

namespace minibox::network {

class ForwardKeeper {
 public:
  using Warn = std::function<void(const std::string&)>;  // called by the keeper's thread; must not throw

  ForwardKeeper(Config config, Warn warn);
  ~ForwardKeeper() { stop(); }

  void open();        // on the calling thread
  void check_soon();  // returns at once; what goes wrong is told to `warn` and tried again
  void close();
  void stop();  // ends the thread; the chain stays as it is

 private:
  void work(const std::stop_token& stop);
  bool try_open();

  const Config config_;
  const Warn warn_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool wanted_ = false;
  std::jthread thread_;
};

}  // namespace minibox::network
