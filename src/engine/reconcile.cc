// At daemon start: the records are compared with what shims, cgroups, directories and the network say. What still runs
// is adopted; what died meanwhile gets its true end; what nobody owns is removed. After a crash nothing is orphaned and
// nothing is lost.
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

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

void remove_cgroup(const std::string& path) {
  const std::unique_ptr<sys::Cgroup> cgroup = sys::Cgroup::open(path);
  cgroup->kill_all();
  cgroup->remove();
}

// How a container ended that has no shim any more.
void read_end(Container& container) {
  wire::ContainerInfo& info = container.record.info;
  const bool ended_before = info.status == "exited";
  if (ended_before) return;
  info.status = "exited";
  info.pid = 0;
  info.ip.clear();
  info.exit_code = -1;
  info.finished_at = now_rfc3339();
  const auto text = sys::try_read_file(container.directory + "/" + runtime::kExitFile);
  if (!text) return;
  const auto exit = nlohmann::json::parse(*text, nullptr, false);
  if (!exit.is_object()) return;
  info.exit_code = exit.value("exit_code", -1);
  info.oom_killed = exit.value("oom_killed", false);
  info.finished_at = exit.value("finished_at", info.finished_at);
}

void warn(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) spdlog::warn("reconcile: {}", warning);
}

void adopt_running(EngineState& state, const ContainerPtr& container, runtime::Shim shim,
                   const runtime::Started& started) {
  wire::ContainerInfo& info = container->record.info;
  info.status = "running";
  info.pid = started.pid;
  if (info.started_at.empty()) info.started_at = info.created_at;
  container->shim = std::move(shim);
  if (info.ip.empty()) return;
  container->network = network::Attachment{.netns = {}, .ip = info.ip, .gateway = {}, .host_interface = {}};
  warn(state.network.adopt(info.id, info.ip, network::parse_ports(info.ports, network::Ipv4{})));
}

void load_container(EngineState& state, const std::string& id) {
  const std::string directory = state.data_root.container_dir(id);
  const auto text = sys::try_read_file(directory + "/" + runtime::kStateFile);
  if (!text || text->empty()) {  // ready-made, or a start that was cut off
    sys::remove_tree(directory);
    return;
  }
  auto container = std::make_shared<Container>();
  container->directory = directory;
  container->record = ContainerRecord::parse(*text);
  auto adopted = runtime::Shim::adopt(directory);
  if (adopted) {
    adopt_running(state, container, std::move(adopted->first), adopted->second);
  } else {
    read_end(*container);
    if (container->record.request.remove) {
      sys::remove_tree(directory);
      return;
    }
  }
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

void remove_orphaned_cgroups(EngineState& state) {
  const std::string parent = state.config.cgroup_parent();
  for (const std::string& name : sys::Cgroup::list(parent)) {
    bool alive = false;
    for (const ContainerPtr& container : state.containers.all()) {
      alive = alive || (container->record.info.id == name && container->running());
    }
    if (alive) continue;
    spdlog::info("reconcile: removing cgroup {}/{}", parent, name);
    remove_cgroup(parent + "/" + name);
  }
}

}  // namespace

void reconcile(EngineState& state) {
  load_containers(state);
  remove_orphaned_cgroups(state);
  warn(state.network.reconcile());
  for (const ContainerPtr& container : state.containers.all()) {
    if (container->running()) state.monitor.watch(container->record.info.id, container->shim->socket());
  }
  for (const std::string& name : sys::list_dir(state.data_root.tmp()))
    sys::remove_tree(state.data_root.tmp() + "/" + name);
}

}  // namespace minibox::engine
