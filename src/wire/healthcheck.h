// The field "healthcheck" of a run request: what takes the place of the image's own check. Times in milliseconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace minibox::wire {

struct Healthcheck {              // what is absent (0, empty) is as the image has it, or the default
  std::vector<std::string> test;  // {"NONE"}, {"CMD", words...} or {"CMD-SHELL", line}
  std::int64_t interval_ms = 0;
  std::int64_t timeout_ms = 0;
  std::int64_t start_period_ms = 0;
  std::int64_t start_interval_ms = 0;
  std::int64_t retries = 0;

  bool operator==(const Healthcheck&) const = default;
  bool empty() const { return *this == Healthcheck(); }
};

// Error kInvalid unless it is empty or one of the three forms. `what` begins the message.
void check_health_test(const std::vector<std::string>& test, const std::string& what);

}  // namespace minibox::wire
