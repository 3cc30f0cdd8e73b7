// Containers that are started again by their restart policy: when they have ended, and when the daemon starts.
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/restart_policy.h"
#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

LastEnd last_end(const ContainerRecord& record) {
  return {record.info.exit_code, record.stopped, record.info.restart_count};
}

void restart_now(EngineState& state, const ContainerPtr& container);

// The timer's thread waits for nobody: others are to be started too.
void try_later(EngineState& state, const ContainerPtr& container) {
  constexpr std::chrono::milliseconds kSoon{100};
  state.timer.schedule(kSoon, "restart container", [&state, container] { restart_now(state, container); });
}

// Holds the container's mutex for as long as the start takes, like any start.
void restart_now(EngineState& state, const ContainerPtr& container) {
  const std::unique_lock lock(container->mutex, std::try_to_lock);
  if (!lock || container->files_mounted) return try_later(state, container);  // a stop, or a copy, may take long
  wire::ContainerInfo& info = container->record.info;
  if (container->removed || info.status != "restarting") return;  // somebody has stopped or started it since
  ++info.restart_count;
  try {
    start_again(state, container);
  } catch (const std::exception& error) {
    spdlog::warn("restart of {}: {}", info.id, error.what());
    info.status = "exited";
    if (wants_restart(*container)) return schedule_restart(state, container);
    container->show();
    save_record(state, *container);
  }
}

}  // namespace

void schedule_restart(EngineState& state, const ContainerPtr& container) {
  wire::ContainerInfo& info = container->record.info;
  info.status = "restarting";
  container->show();
  const bool long_life = monotonic_us() - container->started_us >= std::chrono::microseconds(kLongLife).count();
  container->short_lives = long_life ? 0 : container->short_lives + 1;
  const unsigned failures = container->short_lives > 0 ? container->short_lives - 1 : 0;
  state.timer.schedule(restart_delay(failures), "restart container " + info.id,
                       [&state, container] { restart_now(state, container); });
}

bool wants_restart(const Container& container) {
  return RestartPolicy::parse(container.record.request.restart).restarts(last_end(container.record));
}

void mark_stopped(Container& container) {
  container.record.stopped = true;
  const bool has_policy = RestartPolicy::parse(container.record.request.restart).kind != RestartPolicy::Kind::kNo;
  if (!has_policy) return;
  try {
    sys::write_file(container.directory + "/" + runtime::kStoppedFile, "");
  } catch (const Error& error) {
    spdlog::warn("container {} is stopped, but a new daemon may not know that somebody asked for it: {}",
                 container.record.info.id, error.text());
  }
}

void restart_with_daemon(EngineState& state) {
  for (const ContainerPtr& container : state.containers.all()) {
    const std::unique_lock lock(container->mutex);
    const ContainerRecord& record = container->record;
    if (container->running() || record.info.started_at.empty()) continue;
    if (!RestartPolicy::parse(record.request.restart).restarts_with_daemon(last_end(record))) continue;
    schedule_restart(state, container);
  }
}

bool cancel_restart(Container& container) {
  if (container.record.info.status != "restarting") return false;
  mark_stopped(container);
  container.record.info.status = "exited";
  container.show();
  return true;
}

}  // namespace minibox::engine
