// At daemon start: the records are compared with what shims, cgroups, directories and the network say. What still runs
// is adopted; what died meanwhile gets its true end; what nobody owns is removed. After a crash nothing is orphaned and
// nothing is lost.
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "engine/engine_state.h"
#include "network/port_spec.h"
#include "runtime/bundle.h"
#include "sys/cgroup.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

void warn(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) spdlog::warn("reconcile: {}", warning);
}

void adopt_running(EngineState& state, const ContainerPtr& container, runtime::Shim shim,
                   const runtime::Started& started) {
  wire::ContainerInfo& info = container->record.info;
  mark_running(info);
  if (cgroup_of(state, info.id)->frozen()) info.status = "paused";
  info.pid = started.pid;
  container->started_us = monotonic_us();
  if (info.started_at.empty()) info.started_at = info.created_at;
  container->shim = std::move(shim);
  if (info.ip.empty()) return;
  container->network = network::Attachment{.netns = {}, .ip = info.ip};
  warn(state.network.adopt(info.id, info.ip, network::parse_ports(info.ports, network::Ipv4{})));
}

// The daemon died before the start it had recorded was one: the shim empties the exit file when it gives up.
bool start_was_cut_off(const Container& container) {
  return container.record.info.status == "created" &&
         sys::try_read_file(container.directory + "/" + runtime::kExitFile).value_or("").empty();
}

// How a container without a shim has ended; false: nothing of it is to be kept.
bool find_end(Container& container) {
  wire::ContainerInfo& info = container.record.info;
  if (start_was_cut_off(container)) {
    if (info.started_at.empty()) return false;  // nobody has been told of it
    info.status = "exited";                     // the record still has the end of its former life
  } else if (info.status == "restarting") {
    info.status = "exited";  // whether it is to be started again is its policy's business
  } else if (info.status != "exited") {
    mark_ended(container, read_exit(container.directory));
  }
  return !container.record.request.remove;
}

void load_container(EngineState& state, const std::string& id) {
  const std::string directory = state.data_root.container_dir(id);
  const auto text = sys::try_read_file(directory + "/" + runtime::kStateFile);
  if (!text || text->empty()) {  // ready-made, or a start that was cut off
    sys::remove_tree(directory);
    return;
  }
  auto container = std::make_shared<Container>(ContainerRecord::parse(*text));
  container->directory = directory;
  container->record.stopped = sys::exists(directory + "/" + runtime::kStoppedFile);
  auto adopted = runtime::Shim::adopt(directory);
  if (adopted) {
    adopt_running(state, container, std::move(adopted->first), adopted->second);
  } else if (!find_end(*container)) {
    sys::remove_tree(directory);
    return;
  }
  container->show();
  state.containers.insert(container);
  save_record(state, *container);
}

void load_containers(EngineState& state) {
  for (const std::string& name : sys::list_dir(state.data_root.containers())) {
    if (!is_container_id(name)) continue;
    try {
      load_container(state, name);
    } catch (const Error& error) {
      // One unreadable record must not keep the daemon from all the others; it stays where it is for a human to see.
      spdlog::error("reconcile: container {}: {}", name, error.text());
    }
  }
}

// Cgroups of ids that no directory stands for, or whose container has ended. Where the record can't be read, a human
// may want to see what runs.
bool is_orphan(const EngineState& state, const std::string& id) {
  if (!is_container_id(id)) return false;
  for (const ContainerPtr& container : state.containers.all()) {
    if (container->record.info.id == id) return !container->running();
  }
  return !sys::exists(state.data_root.container_dir(id));
}

void remove_orphaned_cgroups(EngineState& state) {
  const std::string parent = state.config.cgroup_parent();
  for (const std::string& name : sys::Cgroup::list(parent)) {
    if (!is_orphan(state, name)) continue;
    spdlog::info("reconcile: removing cgroup {}/{}", parent, name);
    try {
      clear_cgroup(state, name);
    } catch (const Error& error) {
      spdlog::error("reconcile: cgroup {}: {}", name, error.text());
    }
  }
}

}  // namespace

void reconcile(EngineState& state) {
  load_containers(state);
  remove_orphaned_cgroups(state);
  warn(state.network.reconcile());
  for (const ContainerPtr& container : state.containers.all()) {
    if (!container->running()) continue;
    watch_end(state, *container);
    begin_health(state, *container);
  }
  for (const std::string& name : sys::list_dir(state.data_root.tmp())) {
    const std::string path = state.data_root.tmp() + "/" + name;
    state.background.post("empty tmp/", [path] { sys::remove_tree(path); });
  }
}

}  // namespace minibox::engine
