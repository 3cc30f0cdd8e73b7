#include "registry/retry.h"
#include "base/cancellation.h"

#include <condition_variable>
#include <mutex>

namespace minibox::registry {
namespace {

void pause(std::chrono::milliseconds delay, std::stop_token stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, delay, [] { return false; });
  throw_if_stopped(stop);
}

}  // namespace

void with_retries(const RetryPolicy& policy, std::stop_token stop, const IsPassing& is_passing, const OnRetry& on_retry,
                  const Attempt& attempt) {
  for (size_t failures = 0;; ++failures) {
    RetryAdvice advice;
    std::chrono::milliseconds delay{};
    try {
      attempt(advice);
      return;
    } catch (const Error& error) {
      if (stop.stop_requested() || failures == policy.delays.size() || !is_passing(error)) throw;
      delay = advice.after.value_or(policy.delays[failures]);
      if (delay > policy.longest) throw;
      on_retry({error, delay, failures + 2, policy.delays.size() + 1});
    }
    pause(delay, stop);
  }
}

}  // namespace minibox::registry
