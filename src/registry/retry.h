// Attempts with pauses between them.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "base/error.h"
#include "registry/settings.h"

namespace minibox::registry {

// What an attempt that fails may know beside its Error.
struct RetryAdvice {
  std::optional<std::chrono::milliseconds> after;  // the registry's Retry-After
};

struct RetryNotice {
  const Error& error;
  std::chrono::milliseconds delay;
  size_t attempt;   // the one that begins then, the first being 1
  size_t attempts;  // at most
};

using Attempt = std::function<void(RetryAdvice& advice)>;
using IsPassing = std::function<bool(const Error& error)>;
using OnRetry = std::function<void(const RetryNotice& notice)>;

// Calls `attempt` until it returns, or throws what `is_passing` calls lasting, or as often as the policy says. The last
// Error leaves. kCancelled as soon as `stop` is requested.
void with_retries(const RetryPolicy& policy, std::stop_token stop, const IsPassing& is_passing, const OnRetry& on_retry,
                  const Attempt& attempt);

}  // namespace minibox::registry
