#include "engine/health_rules.h"

#include <algorithm>

#include "base/error.h"
#include "base/health_limits.h"

namespace minibox::engine {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

void override_time(std::int64_t& ns, std::int64_t wanted_ms) {
  if (wanted_ms != 0) ns = wanted_ms * kNsPerMs;
}

std::chrono::milliseconds time_of(std::int64_t ns, std::chrono::milliseconds fallback) {
  if (ns <= 0) return fallback;
  return std::chrono::milliseconds(std::clamp(ns / kNsPerMs, kMinHealthTimeMs, kMaxHealthTimeMs));
}

}  // namespace

std::optional<oci::Healthcheck> choose_health_check(const std::optional<oci::Healthcheck>& image,
                                                    const wire::Healthcheck& request) {
  if (!image && request.empty()) return std::nullopt;
  oci::Healthcheck check = image.value_or(oci::Healthcheck{});
  if (!request.test.empty()) check.test = request.test;
  wire::check_health_test(check.test, "health check");
  if (check.test.empty() || check.test.front() == "NONE") {
    if (request.test.empty() && !request.empty()) {
      throw Error(ErrorKind::kInvalid, "health check: times are given, but the image has no health check")
          .with_hint("give the command too: --health-cmd");
    }
    return std::nullopt;
  }
  override_time(check.interval, request.interval_ms);
  override_time(check.timeout, request.timeout_ms);
  override_time(check.start_period, request.start_period_ms);
  override_time(check.start_interval, request.start_interval_ms);
  if (request.retries != 0) check.retries = request.retries;
  return check;
}

HealthRules rules_of(const oci::Healthcheck& check) {
  HealthRules rules;
  if (check.test.front() == "CMD-SHELL") {
    rules.command = {"/bin/sh", "-c", check.test.at(1)};
  } else {
    rules.command.assign(check.test.begin() + 1, check.test.end());
  }
  rules.interval = time_of(check.interval, rules.interval);
  rules.timeout = time_of(check.timeout, rules.timeout);
  rules.start_period = time_of(check.start_period, rules.start_period);
  rules.start_interval = time_of(check.start_interval, std::min(rules.start_interval, rules.interval));
  if (check.retries > 0) rules.retries = std::min(check.retries, kMaxHealthRetries);
  return rules;
}

}  // namespace minibox::engine
