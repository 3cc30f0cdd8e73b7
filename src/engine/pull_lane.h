// One thread for pulls that nobody waits for, one after the other, with less of the processor than the containers that
// run meanwhile. Any thread may call.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace minibox::engine {

class PullLane {
 public:
  using Job = std::function<void(std::stop_token stop)>;  // what it throws is logged

  PullLane();
  ~PullLane() { stop(); }
  struct Pull {
    std::string image;  // oci::Reference::name()
    std::string what;   // for the log; two of one text are the same
    Job run;
  };
  // False, and ignored, while the same is waiting or at work.
  bool post(Pull pull);
  bool is_fetching(const std::string& image) const;  // or will
  void stop();  // what waits is dropped, what is at work is told to stop and waited for

 private:
  void work(const std::stop_token& stop);

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable_any posted_;
  std::deque<Pull> waiting_;
  std::map<std::string, std::string> images_;  // by what, of all that wait or are at work
  std::jthread thread_;                        // last: it uses all of the above
};

}  // namespace minibox::engine
