#include "base/signal_name.h"

#include <csignal>
#include <cstring>

#include "base/text.h"

namespace minibox {
namespace {

constexpr int kMaxOffset = 15;  // RTMIN+15 and RTMAX-14 are neighbours: each number has one name

// "rtmin", "rtmin+3", "rtmax-2"; what leads out of the real-time signals is none.
std::optional<int> parse_real_time(const std::string& name) {
  const bool from_first = name.starts_with("rtmin");
  if (!from_first && !name.starts_with("rtmax")) return std::nullopt;
  const int end = from_first ? SIGRTMIN : SIGRTMAX;
  const std::string offset = name.substr(5);
  if (offset.empty()) return end;
  if (offset[0] != (from_first ? '+' : '-') || !is_digits(offset.substr(1))) return std::nullopt;
  const auto steps = parse_int(offset.substr(1), 0, SIGRTMAX - SIGRTMIN);
  if (!steps) return std::nullopt;
  return from_first ? end + static_cast<int>(*steps) : end - static_cast<int>(*steps);
}

std::string real_time_name(int number) {
  const bool from_first = number - SIGRTMIN <= kMaxOffset;
  const int steps = from_first ? number - SIGRTMIN : SIGRTMAX - number;
  return std::string(from_first ? "SIGRTMIN" : "SIGRTMAX") +
         (steps == 0 ? "" : (from_first ? "+" : "-") + std::to_string(steps));
}

}  // namespace

std::optional<int> parse_signal(const std::string& text) {
  if (const auto number = parse_int(text, 1, NSIG - 1)) return static_cast<int>(*number);
  const std::string lower = to_lower(text);
  const std::string name = lower.starts_with("sig") ? lower.substr(3) : lower;
  for (int number = 1; number < NSIG; ++number) {
    const char* const known = ::sigabbrev_np(number);
    if (known != nullptr && to_lower(known) == name) return number;
  }
  return parse_real_time(name);
}

std::string signal_name(int number) {
  if (const char* const name = ::sigabbrev_np(number); name != nullptr) return std::string("SIG") + name;
  if (number >= SIGRTMIN && number <= SIGRTMAX) return real_time_name(number);
  return std::to_string(number);
}

}  // namespace minibox
