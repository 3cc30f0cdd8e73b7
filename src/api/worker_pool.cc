#include "api/worker_pool.h"

#include <utility>

namespace minibox::api {

void WorkerPool::join() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool WorkerPool::try_submit(Job job) {
  const std::lock_guard lock(mutex_);
  if (ending_) return false;
  // An idle thread may already be promised to a queued job, hence the comparison with the queue.
  if (idle_ <= jobs_.size() && threads_.size() < max_threads_) {
    threads_.emplace_back([this] { work(); });
  } else if (idle_ <= jobs_.size() && jobs_.size() >= max_queued_) {
    return false;
  }
  jobs_.push_back(std::move(job));
  wake_.notify_one();
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    {
      const Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
    lock.lock();
  }
}

}  // namespace minibox::api
