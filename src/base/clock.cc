#include "base/clock.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace minibox {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// `shape` has a '0' for each digit and everything else as it stands: no sign, no blank gets past it.
bool has_shape(std::string_view text, std::string_view shape) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(),
                    [](char at, char wanted) { return wanted == '0' ? at >= '0' && at <= '9' : at == wanted; });
}

// Of text that has_shape() was asked about.
int number_at(std::string_view text, size_t position, size_t size) {
  int number = 0;
  for (const char digit : text.substr(position, size)) number = number * 10 + (digit - '0');
  return number;
}

// "2026-01-02T03:04:05" as if it were UTC, in seconds since 1970.
std::optional<std::int64_t> parse_local(std::string_view text) {
  if (!has_shape(text, "0000-00-00T00:00:00")) return std::nullopt;
  tm day{};
  day.tm_year = number_at(text, 0, 4) - 1900;
  day.tm_mon = number_at(text, 5, 2) - 1;
  day.tm_mday = number_at(text, 8, 2);
  const tm asked = day;
  const std::int64_t midnight = ::timegm(&day);  // makes February 30 a day of March, and says so in `day`
  if (day.tm_mon != asked.tm_mon || day.tm_mday != asked.tm_mday) return std::nullopt;
  const int hours = number_at(text, 11, 2), minutes = number_at(text, 14, 2), seconds = number_at(text, 17, 2);
  if (hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;  // 60: a leap second
  return midnight + hours * 3600 + minutes * 60 + seconds;
}

// Takes ".678" off the front of `text`, in nanoseconds. No dot is no fraction.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  const std::string_view digits = text.substr(1, text.find_first_not_of("0123456789", 1) - 1);
  if (digits.empty()) return std::nullopt;
  text.remove_prefix(1 + digits.size());
  std::int64_t ns = 0;
  std::int64_t unit = kNsPerSecond;
  for (const char digit : digits) ns += (digit - '0') * (unit /= 10);
  return ns;
}

// "Z" or "+02:00" in seconds east of Greenwich.
std::optional<std::int64_t> parse_zone(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (!has_shape(zone, "+00:00") && !has_shape(zone, "-00:00")) return std::nullopt;
  const int hours = number_at(zone, 1, 2), minutes = number_at(zone, 4, 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (zone[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
constexpr Unit kUnits[] = {{"h", 3600 * kNsPerSecond}, {"ms", 1'000'000}, {"m", 60 * kNsPerSecond},
                           {"s", kNsPerSecond},        {"us", 1000},      {"ns", 1}};

// Takes "1.5m" off the front of `text`. Digits behind the dot beyond those that a unit can have count for nothing.
std::optional<std::int64_t> take_part(std::string_view& text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view whole = text.substr(0, digits);
  text.remove_prefix(digits);
  const auto fraction = take_fraction(text);  // of a second, as of any unit
  if (!fraction || whole.empty() || whole.size() > 18) return std::nullopt;
  const auto unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                 [&](const Unit& candidate) { return text.starts_with(candidate.name); });
  if (unit == std::end(kUnits)) return std::nullopt;
  text.remove_prefix(unit->name.size());
  std::int64_t ns = 0;
  for (const char digit : whole) ns = ns * 10 + (digit - '0');
  if (__builtin_mul_overflow(ns, unit->ns, &ns)) return std::nullopt;
  const auto rest =
      static_cast<std::int64_t>(static_cast<double>(*fraction) / kNsPerSecond * static_cast<double>(unit->ns));
  if (__builtin_add_overflow(ns, rest, &ns)) return std::nullopt;
  return ns;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const std::string with_unit = std::string(text) + (bare ? "s" : "");
  std::string_view left = with_unit;
  std::int64_t total = 0;
  do {
    const auto part = take_part(left);
    if (!part || __builtin_add_overflow(total, *part, &total)) return std::nullopt;
  } while (!left.empty());
  return total;
}

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
  constexpr size_t kSecondsEnd = 19;
  std::string_view rest = std::string_view(text).substr(std::min(text.size(), kSecondsEnd));
  const auto local = parse_local(std::string_view(text).substr(0, kSecondsEnd));
  const auto fraction = take_fraction(rest);
  const auto zone = parse_zone(rest);
  if (!local || !fraction || !zone) return std::nullopt;
  const std::int64_t seconds = *local - *zone;
  if (seconds < 0 || seconds > kMaxSeconds) return std::nullopt;
  return seconds * kNsPerSecond + *fraction;
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
