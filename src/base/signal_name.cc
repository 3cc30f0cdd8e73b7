#include "base/signal_name.h"

#include <csignal>
#include <cstring>

#include "base/text.h"

namespace minibox {

std::optional<int> parse_signal(const std::string& text) {
  if (const auto number = parse_int(text, 1, NSIG - 1)) return static_cast<int>(*number);
  const std::string lower = to_lower(text);
  const std::string name = lower.starts_with("sig") ? lower.substr(3) : lower;
  for (int number = 1; number < NSIG; ++number) {
    const char* const known = ::sigabbrev_np(number);
    if (known != nullptr && to_lower(known) == name) return number;
  }
  return std::nullopt;
}

std::string signal_name(int number) {
  const char* const name = ::sigabbrev_np(number);
  return name == nullptr ? std::to_string(number) : std::string("SIG") + name;
}

}  // namespace minibox
