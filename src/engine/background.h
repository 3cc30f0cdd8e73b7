// One thread for work that no answer waits for: removing directories, rewriting records. Jobs run in order; the
// destructor finishes them. An Error of a job is logged.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace minibox::engine {

class Background {
 public:
  Background();
  ~Background();
  void post(std::string what, std::function<void()> job);
  void drain();  // waits until everything posted so far is done

 private:
  struct Job {
    std::string what;
    std::function<void()> run;
  };
  void work(std::stop_token stop);
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> jobs_;
  bool busy_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace minibox::engine
