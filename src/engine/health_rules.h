// The health check of a container: what its image says, changed by what the run request says. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "oci/image_config.h"
#include "wire/healthcheck.h"

namespace minibox::engine {

// Empty: there is none. Error kInvalid: a test in no known form, or times for a check that is not there.
std::optional<oci::Healthcheck> choose_health_check(const std::optional<oci::Healthcheck>& image,
                                                    const wire::Healthcheck& request);

struct HealthRules {
  std::vector<std::string> command;
  std::chrono::milliseconds interval{30'000};  // from a probe's end to the next one's start
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds start_period{0};
  std::chrono::milliseconds start_interval{5'000};  // instead of `interval`, until the start period is over
  std::int64_t retries = 3;
};

// Of a check with a command. An image may be anybody's: times and numbers are brought within the engine's limits.
HealthRules rules_of(const oci::Healthcheck& check);

}  // namespace minibox::engine
