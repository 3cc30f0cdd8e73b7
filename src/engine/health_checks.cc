// The health checks of running containers: begun by a start, interrupted by pause and end. The timer says when, the
// lane starts, the container's shim-to-be probes, and the monitor hears how it ended: no thread waits for a probe.
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/engine_state.h"
#include "runtime/bundle.h"

namespace minibox::engine {
namespace {

using HealthPtr = std::shared_ptr<ContainerHealth>;

void plan(EngineState& state, const HealthPtr& health, ContainerHealth::Turn turn);

void finish_probe(EngineState& state, const HealthPtr& health, const std::shared_ptr<ContainerHealth::Flight>& flight) {
  state.probes.done();  // first: whatever fails below, the place is not lost
  runtime::Probed probed;
  try {
    probed = flight->shim.receive_probed();
  } catch (const Error& error) {
    probed.output = error.text();
  }
  const auto next = health->finish(*flight, probed);
  if (next) plan(state, health, *next);
  state.retire(std::move(flight->shim));
}

bool start_probe(EngineState& state, const HealthPtr& health, std::uint64_t turn) {
  std::shared_ptr<ContainerHealth::Flight> flight;
  try {
    flight = health->start(turn, state.shim_program);
    if (!flight) return false;
    state.monitor.watch(flight->shim.socket(), [&state, health, flight] { finish_probe(state, health, flight); });
    return true;
  } catch (const Error& error) {
    const auto next = health->fail(turn, error.text());
    if (flight) flight->shim.end_unused();  // nobody would hear how it ends
    if (next) plan(state, health, *next);
    return false;
  }
}

// The timer does not keep alive what has ended long before.
void plan(EngineState& state, const HealthPtr& health, ContainerHealth::Turn turn) {
  state.timer.schedule(turn.delay, "health check",
                       [&state, weak = std::weak_ptr<ContainerHealth>(health), number = turn.number] {
                         const HealthPtr held = weak.lock();
                         if (held)
                           state.probes.submit([&state, held, number] { return start_probe(state, held, number); });
                       });
}

// Of a container that a former daemon has started: the start period goes on and does not begin anew.
HealthState::Time started_at(const wire::ContainerInfo& info) {
  const std::int64_t now_ns = realtime_ns();
  const std::int64_t age_ns = std::max<std::int64_t>(0, now_ns - parse_time(info.started_at).value_or(now_ns));
  return HealthState::Time(monotonic_us() - age_ns / 1000);
}

void start_health(EngineState& state, Container& container) {
  const ContainerRecord& record = container.record;
  const auto health =
      std::make_shared<ContainerHealth>(rules_of(*record.healthcheck), container.shim->init().duplicate(),
                                        container.directory + "/" + runtime::kConfigFile, started_at(record.info));
  container.set_health(health);
  if (!container.paused()) plan(state, health, health->next_turn());
}

}  // namespace

void begin_health(EngineState& state, Container& container) noexcept {
  container.set_health(nullptr);
  if (!container.record.healthcheck) return;
  try {
    start_health(state, container);
  } catch (...) {
    container.set_health(nullptr);
    spdlog::warn("container {} runs without health checks: {}", container.record.info.id, current_exception_text());
  }
}

void end_health(const Container& container) {
  if (const HealthPtr health = container.health()) health->interrupt();
}

void suspend_health(const Container& container) {
  constexpr std::chrono::seconds kDeadline{5};
  const HealthPtr health = container.health();
  if (!health) return;
  const sys::Fd shim = health->interrupt();
  if (shim) sys::wait_readable(shim, kDeadline);
}

void resume_health(EngineState& state, const Container& container) {
  if (const HealthPtr health = container.health()) plan(state, health, health->next_turn());
}

}  // namespace minibox::engine
