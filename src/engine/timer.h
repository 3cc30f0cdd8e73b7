// One thread that runs jobs when their time has come, one after the other. An Error of a job is logged. Any thread may
// call; jobs that are not due yet are dropped by stop().
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace minibox::engine {

class Timer {
 public:
  Timer();
  ~Timer() { stop(); }
  void schedule(std::chrono::milliseconds delay, std::string what, std::function<void()> job);
  void stop();  // waits for a job that is running

 private:
  using Clock = std::chrono::steady_clock;
  struct Job {
    std::string what;
    std::function<void()> run;
  };
  void work(std::stop_token stop);
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<Clock::time_point, Job> jobs_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace minibox::engine
