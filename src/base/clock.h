// Time as values: RFC 3339 for records, monotonic microseconds for durations.
#pragma once

#include <cstdint>
#include <string>

namespace minibox {

std::string now_rfc3339();                     // "2026-01-02T03:04:05.678901234Z", UTC
std::int64_t monotonic_us();                   // CLOCK_MONOTONIC, microseconds
std::string format_duration(std::int64_t ms);  // "<n>ms" under 1 s, "<x.y>s" under 1 min, "<m>m<s>s" above

}  // namespace minibox
