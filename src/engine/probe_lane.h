// Starts probes of health checks, one after the other on a thread of its own, and so that at most a few are on their
// way at a time: however many containers want to be probed, the calls of users have the machine. Who comes when all
// places are taken waits for his turn. Any thread may call.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace minibox::engine {

class ProbeLane {
 public:
  // True: the probe is on its way, and done() is called at its end. False: there is nothing to wait for. What it
  // throws is logged.
  using Start = std::function<bool()>;

  explicit ProbeLane(size_t places);
  ~ProbeLane() { stop(); }
  void submit(Start start);
  void done();
  void stop();  // waits for a start that is running; what waits is dropped

 private:
  void work(std::stop_token stop);
  size_t free_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Start> waiting_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace minibox::engine
