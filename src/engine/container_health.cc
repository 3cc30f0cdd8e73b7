#include "engine/container_health.h"

#include "base/clock.h"
#include "base/error.h"
#include "oci/runtime_spec.h"
#include "runtime/exec_planner.h"
#include "sys/file.h"
#include "sys/process.h"

namespace minibox::engine {
namespace {

constexpr size_t kMaxLog = 5;

HealthState::Time now() {
  return HealthState::Time(monotonic_us());
}

}  // namespace

ContainerHealth::ContainerHealth(HealthRules rules, sys::Fd init, std::string config, HealthState::Time started)
    : rules_(std::move(rules)), init_(std::move(init)), config_(std::move(config)), state_(rules_, started) {}

std::string ContainerHealth::status() const {
  const std::lock_guard lock(mutex_);
  return state_.status_name();
}

HealthReport ContainerHealth::report() const {
  const std::lock_guard lock(mutex_);
  return {state_.status_name(), state_.failing_streak(), log_};
}

ContainerHealth::Turn ContainerHealth::new_turn() {
  const HealthState::Time time = now();
  return {++turn_, std::chrono::ceil<std::chrono::milliseconds>(state_.next_due(time) - time)};
}

ContainerHealth::Turn ContainerHealth::next_turn() {
  const std::lock_guard lock(mutex_);
  return new_turn();
}

// What config.json says of an exec does not change while the container lives: an update is about limits.
const std::string& ContainerHealth::spec() {
  if (spec_.empty()) {
    wire::ExecRequest request;
    request.command = rules_.command;
    spec_ = runtime::plan_exec(oci::RuntimeSpec::parse(sys::read_file(config_)), request, std::nullopt).print();
  }
  return spec_;
}

// A shim of its own and none of the ready-made ones: those are for starts that somebody waits for.
std::shared_ptr<ContainerHealth::Flight> ContainerHealth::start(std::uint64_t turn, const sys::Fd& program) {
  const std::lock_guard lock(mutex_);
  if (turn != turn_) return nullptr;
  const std::string& text = spec();
  auto flight = std::make_shared<Flight>(Flight{turn, now(), now_rfc3339(), runtime::Shim::spawn(program)});
  try {
    flight->shim.probe({init_, text, rules_.timeout});
  } catch (const Error&) {
    flight->shim.end_unused();
    throw;
  }
  flight_ = flight;
  return flight;
}

std::optional<ContainerHealth::Turn> ContainerHealth::finish(const Flight& flight, const runtime::Probed& probed) {
  const std::lock_guard lock(mutex_);
  if (flight_.get() == &flight) flight_.reset();  // one that was interrupted may be told of later than the next began
  ProbeRecord record{flight.start, now_rfc3339(), probed.timed_out ? -1 : probed.exit_code, probed.output};
  if (probed.timed_out) {
    record.output = "health check exceeded its time-out of " + format_duration(rules_.timeout.count()) +
                    (probed.output.empty() ? "" : ": ") + probed.output;
  }
  return record_result(flight.turn, flight.started, std::move(record));
}

std::optional<ContainerHealth::Turn> ContainerHealth::fail(std::uint64_t turn, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (flight_ && flight_->turn == turn) flight_.reset();
  const std::string time = now_rfc3339();
  return record_result(turn, now(), {time, time, -1, why});
}

// A container that has ended is neither: its end is told soon, and voids the turn.
std::optional<ContainerHealth::Turn> ContainerHealth::record_result(std::uint64_t turn, HealthState::Time started,
                                                                    ProbeRecord record) {
  if (turn != turn_ || sys::has_ended(init_)) return std::nullopt;
  state_.record(record.exit_code == 0, started);
  log_.push_back(std::move(record));
  if (log_.size() > kMaxLog) log_.pop_front();
  return new_turn();
}

sys::Fd ContainerHealth::interrupt() {
  const std::lock_guard lock(mutex_);
  ++turn_;
  if (!flight_) return {};
  flight_->shim.cancel_probe();
  return flight_->shim.process().duplicate();
}

}  // namespace minibox::engine
