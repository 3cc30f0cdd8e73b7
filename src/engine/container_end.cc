// What happens when a container ends, whoever ended it.
#include <chrono>

#include "base/clock.h"
#include "base/error.h"
#include "engine/engine_state.h"

namespace minibox::engine {
namespace {

void mark_ended(Container& container, const std::optional<runtime::Exited>& exited) {
  wire::ContainerInfo& info = container.record.info;
  info.status = "exited";
  info.pid = 0;
  info.exit_code = exited ? exited->exit_code : -1;  // -1: the shim was killed, and the container with it
  info.oom_killed = exited && exited->oom_killed;
  info.finished_at = exited ? exited->finished_at : now_rfc3339();
  info.ip.clear();
}

}  // namespace

void release_network(EngineState& state, Container& container) {
  if (!container.network) return;
  state.network.unpublish(container.record.info.id);
  state.network.release(std::move(*container.network));
  container.network.reset();
}

void on_shim_event(EngineState& state, const std::string& id) {
  const ContainerPtr container = state.containers.find(id);
  const std::unique_lock lock(container->mutex);
  const std::optional<runtime::Exited> exited = container->shim->receive_exit();
  mark_ended(*container, exited);
  release_network(state, *container);
  const bool erase = container->record.request.remove;
  // The name is free and the record true before the client hears of the end: what it does next finds both.
  if (erase) {
    state.containers.erase(id);
    container->removed = true;
  }
  if (exited) container->shim->acknowledge();
  container->life.request_stop();
  container->ended.notify_all();
  state.background.post("end container " + id, [&state, container, erase] {
    {
      const std::unique_lock inner(container->mutex);
      if (container->running()) return;  // started again in the meantime
      if (container->removed && !erase) return;
      if (container->shim) container->shim->wait_until_gone();
      container->shim.reset();
      if (!erase) save_record(state, *container);
    }
    if (erase) forget(state, container);
    state.top_up();
  });
}

bool wait_for_end(Container& container, std::unique_lock<std::mutex>& lock, std::chrono::milliseconds deadline) {
  return container.ended.wait_for(lock, deadline, [&] { return !container.running(); });
}

}  // namespace minibox::engine
