// One thread for work that nobody waits for and that may as well be done another time: pulls, indexes of layers. One
// after the other, with less of the processor than the containers that run meanwhile. Any thread may call.
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

class QuietLane {
 public:
  QuietLane();
  ~QuietLane() { stop(); }
  using Work = std::function<void(std::stop_token stop)>;
  // `what` is for the log, which has what `run` throws, but for kCancelled; `image`, an oci::Reference::name(), of a
  // pull. False, and ignored, while the same is waiting or at work.
  bool post(const std::string& what, Work run, const std::string& image = {});
  bool is_fetching(const std::string& image) const;  // or will
  void stop();  // what waits is dropped, what is at work is told to stop and waited for

 private:
  struct Job {
    std::string what;
    Work run;
  };
  void work(const std::stop_token& stop);

  mutable std::mutex mutex_;
  std::condition_variable_any posted_;
  std::deque<Job> waiting_;
  std::map<std::string, std::string> images_;  // by what is waiting or at work
  std::jthread thread_;                        // last: it uses all of the above
};

}  // namespace minibox::engine
