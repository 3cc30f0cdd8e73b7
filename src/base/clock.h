// Time as values: RFC 3339 for records, monotonic microseconds for durations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace minibox {

std::string now_rfc3339();    // "2026-01-02T03:04:05.678901234Z", UTC
std::int64_t monotonic_us();  // CLOCK_MONOTONIC, microseconds
std::int64_t realtime_ns();   // since 1970-01-01 UTC
std::string format_rfc3339(std::int64_t realtime_ns);
// Nothing unless `text` is RFC 3339 ("2026-01-02T03:04:05[.678]Z" or an offset instead of Z) or seconds since 1970.
std::optional<std::int64_t> parse_time(const std::string& text);
// Nanoseconds of "1h2m3.5s" (units h, m, s, ms, us, ns, as Go and Docker write them), or of a whole number of seconds.
// Nothing for anything else, and above 290 years.
std::optional<std::int64_t> parse_duration(std::string_view text);
std::string format_duration(std::int64_t ms);  // "<n>ms" under 1 s, "<x.y>s" under 1 min, "<m>m<s>s" above

}  // namespace minibox
