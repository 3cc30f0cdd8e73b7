#include "base/health_limits.h"

#include "base/clock.h"

namespace minibox {

std::optional<std::int64_t> parse_health_time(std::string_view text) {
  constexpr std::int64_t kNsPerMs = 1'000'000;
  const std::int64_t ms = parse_duration(text).value_or(-1) / kNsPerMs;
  if (ms < kMinHealthTimeMs || ms > kMaxHealthTimeMs) return std::nullopt;
  return ms;
}

}  // namespace minibox
