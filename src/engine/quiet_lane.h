// One thread for work that nobody waits for and that may as well be done another time: pulls, indexes of layers. One
// after the other, with less of the processor than the containers that run meanwhile. Any thread may call.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

namespace minibox::engine {

class QuietLane {
 public:
  using Job = std::function<void(std::stop_token stop)>;  // what it throws is logged, but for kCancelled

  QuietLane();
  ~QuietLane() { stop(); }
  // False, and ignored, while one of this name is waiting or at work.
  bool post(const std::string& name, Job job);
  void stop();  // what waits is dropped, what is at work is told to stop and waited for

 private:
  struct Named {
    std::string name;
    Job run;
  };
  void work(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any posted_;
  std::deque<Named> jobs_;
  std::set<std::string> names_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace minibox::engine
