// Whether a container is healthy, by what its probes have said, and when the next one is due: Docker's rules. Pure:
// every time is given, as microseconds of one clock.
//
//   starting --success--> healthy --`retries` failures in a row--> unhealthy --success--> healthy
//   starting --`retries` failures in a row, those of the start period not counted--> unhealthy
#pragma once

#include <chrono>
#include <cstdint>

#include "engine/health_rules.h"

namespace minibox::engine {

class HealthState {
 public:
  using Time = std::chrono::microseconds;
  enum class Status { kStarting, kHealthy, kUnhealthy };

  HealthState(const HealthRules& rules, Time started);

  void record(bool success, Time probe_started);
  Time next_due(Time now) const;  // `now`: the end of the last probe; the start, when there was none
  Status status() const { return status_; }
  const char* status_name() const;  // "starting", "healthy", "unhealthy"
  std::int64_t failing_streak() const { return failing_streak_; }

 private:
  bool in_start_period(Time time) const;

  Time interval_;
  Time start_interval_;
  Time start_period_end_;
  std::int64_t retries_;
  Status status_ = Status::kStarting;
  std::int64_t failing_streak_ = 0;
};

}  // namespace minibox::engine
