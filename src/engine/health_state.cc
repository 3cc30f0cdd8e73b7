#include "engine/health_state.h"

namespace minibox::engine {

HealthState::HealthState(const HealthRules& rules, Time started)
    : interval_(rules.interval),
      start_interval_(rules.start_interval),
      start_period_end_(started + rules.start_period),
      retries_(rules.retries) {}

// The first success ends it.
bool HealthState::in_start_period(Time time) const {
  return status_ == Status::kStarting && time < start_period_end_;
}

void HealthState::record(bool success, Time probe_started) {
  if (success) {
    failing_streak_ = 0;
    status_ = Status::kHealthy;
    return;
  }
  if (in_start_period(probe_started)) return;
  ++failing_streak_;
  if (failing_streak_ >= retries_) status_ = Status::kUnhealthy;
}

HealthState::Time HealthState::next_due(Time now) const {
  return now + (in_start_period(now) ? start_interval_ : interval_);
}

const char* HealthState::status_name() const {
  switch (status_) {
    case Status::kStarting:
      return "starting";
    case Status::kHealthy:
      return "healthy";
    case Status::kUnhealthy:
      return "unhealthy";
  }
  return "";
}

}  // namespace minibox::engine
