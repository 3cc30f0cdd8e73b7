// Threads for calls that block. Started one by one as they are needed, at most `max_threads`; at most `max_queued` jobs
// wait. Any thread may submit. join() accepts nothing more, runs what was accepted and ends the threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace minibox::api {

class WorkerPool {
 public:
  using Job = std::function<void()>;  // lets no exception out

  WorkerPool(size_t max_threads, size_t max_queued) : max_threads_(max_threads), max_queued_(max_queued) {}
  ~WorkerPool() { join(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  bool try_submit(Job job);  // false: full, or joined
  void join();

 private:
  void work();

  const size_t max_threads_;
  const size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace minibox::api
