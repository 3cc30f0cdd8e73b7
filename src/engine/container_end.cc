// What happens when a container ends, whoever ended it.
#include <spdlog/spdlog.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/undo.h"
#include "engine/engine_state.h"
#include "engine/lazy_image.h"
#include "runtime/bundle.h"
#include "sys/cgroup.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// The files and the network's objects, off the path of whoever waited for the end.
void clean_up(EngineState& state, const ContainerPtr& container, bool erase) {
  {
    const std::unique_lock lock(container->mutex);
    if (container->running()) return;  // started again in the meantime
    release_shim(state, *container);
    if (erase) {
      forget(state, container);
    } else if (!container->removed) {
      save_record(state, *container, sys::Durability::kSynced);
    }
  }
  sweep_lazy_layers(state);
  state.top_up();
}

// What an end consists of does not wait for one another, nor do those who wait for the end.
template <typename Step>
void try_step(const std::string& id, Step step) {
  try {
    step();
  } catch (...) {
    spdlog::warn("end of container {}: {}", id, current_exception_text());
  }
}

}  // namespace

void mark_running(wire::ContainerInfo& info) {
  info.status = "running";
  info.finished_at.clear();
  info.exit_code = 0;
  info.oom_killed = false;
}

void mark_ended(Container& container, const runtime::Exited& exited) {
  wire::ContainerInfo& info = container.record.info;
  info.status = "exited";
  info.pid = 0;
  info.ip.clear();
  info.exit_code = exited.exit_code;
  info.oom_killed = exited.oom_killed;
  info.finished_at = exited.finished_at;
  *container.exit_code = exited.exit_code;
}

void release_shim(EngineState& state, Container& container) {
  if (!container.shim) return;
  container.shim->wait_until_released();
  state.retire(std::move(*container.shim));
  container.shim.reset();
}

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

std::string cgroup_path(const EngineState& state, const std::string& id) {
  return state.config.cgroup_parent() + "/" + id;
}

std::unique_ptr<sys::Cgroup> cgroup_of(const EngineState& state, const std::string& id) {
  return sys::Cgroup::open(cgroup_path(state, id));
}

void clear_cgroup(const EngineState& state, const std::string& id) {
  const std::unique_ptr<sys::Cgroup> cgroup = cgroup_of(state, id);
  cgroup->kill_all();
  cgroup->remove();
}

void release_network(EngineState& state, Container& container) {
  if (!container.network) return;
  network::Attachment attachment = std::move(*container.network);
  container.network.reset();
  Undo release;  // whether or not the ports' table could be written
  release.push([&] { state.network.release(std::move(attachment)); });
  state.network.unpublish(container.record.info.id);
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
  end_health(*container);
  mark_ended(*container, told ? *told : read_exit(container->directory));
  const bool erase = container->record.request.remove && !container->keep;
  // The name is free and the record true before the client hears of the end: what it does next finds both.
  if (erase) {
    state.containers.erase(id);
    container->removed = true;
  }
  try_step(id, [&] { release_network(state, *container); });
  if (!told) try_step(id, [&] { clear_cgroup(state, id); });  // the shim was killed; whatever it could not end, we do
  if (!erase && !container->keep && wants_restart(*container)) schedule_restart(state, container);
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
