// What happens when a container ends, whoever ended it.
#include <spdlog/spdlog.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "engine/engine_state.h"
#include "runtime/bundle.h"
#include "sys/cgroup.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

void mark_ended(Container& container, const runtime::Exited& exited) {
  wire::ContainerInfo& info = container.record.info;
  info.status = "exited";
  info.pid = 0;
  info.exit_code = exited.exit_code;
  info.oom_killed = exited.oom_killed;
  info.finished_at = exited.finished_at;
}

// The files and the network's objects, off the path of whoever waited for the end.
void clean_up(EngineState& state, const ContainerPtr& container, bool erase) {
  {
    const std::unique_lock lock(container->mutex);
    if (container->running()) return;  // started again in the meantime
    if (container->shim) {
      container->shim->wait_until_released();
      state.retire(std::move(*container->shim));
      container->shim.reset();
    }
    if (erase) {
      forget(state, container);
    } else if (!container->removed) {
      save_record(state, *container, sys::Durability::kSynced);
    }
  }
  state.top_up();
}

}  // namespace

runtime::Exited read_exit(const std::string& directory) {
  runtime::Exited exited;  // -1: nobody was left to see it
  exited.finished_at = now_rfc3339();
  const std::string text = sys::try_read_file(directory + "/" + runtime::kExitFile).value_or("");
  const auto record = nlohmann::json::parse(text, nullptr, false);
  if (!record.is_object()) return exited;
  exited.exit_code = record.value("exit_code", exited.exit_code);
  exited.oom_killed = record.value("oom_killed", false);
  exited.finished_at = record.value("finished_at", exited.finished_at);
  return exited;
}

void clear_cgroup(const EngineState& state, const std::string& id) {
  const std::unique_ptr<sys::Cgroup> cgroup = sys::Cgroup::open(state.config.cgroup_parent() + "/" + id);
  cgroup->kill_all();
  cgroup->remove();
}

void release_network(EngineState& state, Container& container) {
  if (!container.network) return;
  network::Attachment attachment = std::move(*container.network);
  container.network.reset();
  container.record.info.ip.clear();
  state.network.unpublish(container.record.info.id);
  state.network.release(std::move(attachment));
}

void watch_end(EngineState& state, const Container& container) {
  const std::string& id = container.record.info.id;
  state.monitor.watch(container.shim->socket(),
                      [&state, id] { with_context("end of container " + id, [&] { on_shim_event(state, id); }); });
}

void on_shim_event(EngineState& state, const std::string& id) {
  const ContainerPtr container = state.containers.find(id);
  const std::unique_lock lock(container->mutex);
  const std::optional<runtime::Exited> told = container->shim->receive_exit();
  mark_ended(*container, told ? *told : read_exit(container->directory));
  const bool erase = container->record.request.remove;
  // The name is free and the record true before the client hears of the end: what it does next finds both.
  if (erase) {
    state.containers.erase(id);
    container->removed = true;
  }
  try {
    release_network(state, *container);
    if (!told) clear_cgroup(state, id);  // the shim was killed; whatever it could not end, we do
  } catch (const Error& error) {
    spdlog::warn("end of container {}: {}", id, error.text());
  }
  container->show();
  container->shim->acknowledge();
  container->life.request_stop();
  container->ended.notify_all();
  state.background.post("end container " + id, [&state, container, erase] { clean_up(state, container, erase); });
}

bool wait_for_end(Container& container, std::unique_lock<std::mutex>& lock, std::chrono::milliseconds deadline) {
  // This life's end, and not just that nothing runs: somebody may have started it again before we look.
  const std::stop_token life = container.life.get_token();
  return container.ended.wait_for(lock, deadline, [&] { return life.stop_requested(); });
}

}  // namespace minibox::engine
