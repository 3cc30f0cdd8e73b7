#include "registry/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/error.h"

namespace minibox::registry {

void for_each_parallel(size_t count, size_t threads, std::stop_token stop,
                       const std::function<void(size_t index, std::stop_token stop)>& job) {
  std::stop_source ours;
  const std::stop_callback forward(stop, [&ours] { ours.request_stop(); });
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (size_t i = next++; i < count && !ours.stop_requested(); i = next++) job(i, ours.get_token());
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      ours.request_stop();
    }
  };
  {
    std::vector<std::jthread> helpers;  // this thread is one of the workers
    for (size_t i = 1; i < std::min(count, threads); ++i) helpers.emplace_back(work);
    work();
  }
  throw_if_stopped(stop);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace minibox::registry
