// What the times and numbers of a health check may be, wherever they are given: flags, requests, MiniBox files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace minibox {

inline constexpr std::int64_t kMinHealthTimeMs = 100;  // below, the engine would do little else than probe
inline constexpr std::int64_t kMaxHealthTimeMs = 86'400'000;
inline constexpr std::int64_t kMaxHealthRetries = 1000;
inline constexpr char kHealthTimeForm[] = "a time from 100ms to 24h such as 10s, 1m30s or 500ms";

// Milliseconds of a duration (parse_duration()) within the limits; nothing for anything else.
std::optional<std::int64_t> parse_health_time(std::string_view text);

}  // namespace minibox
