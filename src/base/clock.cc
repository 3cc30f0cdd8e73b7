#include "base/clock.h"

#include <cstdio>
#include <ctime>
#include <string_view>

namespace minibox {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// ".678" in nanoseconds; moves past it. No dot is no fraction.
std::optional<std::int64_t> parse_fraction(const char*& at) {
  if (*at != '.') return 0;
  std::int64_t ns = 0;
  std::int64_t unit = kNsPerSecond;
  const char* const first = ++at;
  for (; *at >= '0' && *at <= '9'; ++at) ns += (*at - '0') * (unit /= 10);
  if (at == first) return std::nullopt;
  return ns;
}

// "Z" or "+02:00" in seconds east of Greenwich, up to the end of the text.
std::optional<std::int64_t> parse_zone(const char* at) {
  const std::string_view zone(at);
  if (zone == "Z" || zone == "z") return 0;
  int hours = 0;
  int minutes = 0;
  int used = 0;
  if (zone.size() != 6 || std::sscanf(at + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5)
    return std::nullopt;
  if ((zone[0] != '+' && zone[0] != '-') || hours > 23 || minutes > 59) return std::nullopt;
  return (zone[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

std::string format_rfc3339(std::int64_t realtime_ns) {
  const time_t whole = realtime_ns / kNsPerSecond;
  tm utc{};
  gmtime_r(&whole, &utc);
  char seconds[32];
  std::strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%09ldZ", seconds, static_cast<long>(realtime_ns % kNsPerSecond));
  return text;
}

std::string now_rfc3339() {
  return format_rfc3339(realtime_ns());
}

std::int64_t realtime_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

std::int64_t monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

std::optional<std::int64_t> parse_time(const std::string& text) {
  constexpr std::int64_t kMaxSeconds = 9'000'000'000;  // in the year 2255: as nanoseconds it still fits
  if (!text.empty() && text.size() < 11 && text.find_first_not_of("0123456789") == std::string::npos) {
    const std::int64_t seconds = std::stoll(text);
    return seconds <= kMaxSeconds ? std::optional(seconds * kNsPerSecond) : std::nullopt;
  }
  tm utc{};
  const char* at = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (at == nullptr) return std::nullopt;
  const auto fraction = parse_fraction(at);
  const auto zone = parse_zone(at);
  const std::int64_t seconds = ::timegm(&utc);
  if (!fraction || !zone || seconds < 0 || seconds > kMaxSeconds) return std::nullopt;
  return (seconds - *zone) * kNsPerSecond + *fraction;
}

std::string format_duration(std::int64_t ms) {
  char text[32];
  if (ms < 1000) {
    std::snprintf(text, sizeof text, "%lldms", static_cast<long long>(ms));
  } else if (ms < 60'000) {
    std::snprintf(text, sizeof text, "%.1fs", static_cast<double>(ms) / 1000.0);
  } else {
    std::snprintf(text, sizeof text, "%lldm%llds", static_cast<long long>(ms / 60'000),
                  static_cast<long long>(ms % 60'000 / 1000));
  }
  return text;
}

}  // namespace minibox
