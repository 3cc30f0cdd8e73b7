// minibox volume.
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// Of every container that there is: a stopped one wants its data back when it is started.
std::vector<std::string> users_of(const EngineState& state, const std::string& name) {
  std::vector<std::string> users;
  for (const ContainerPtr& container : state.containers.all()) {
    if (!container->volumes.contains(name)) continue;
    const wire::ContainerInfo info = container->shown();
    users.push_back(info.name.empty() ? info.id : info.name);
  }
  return users;
}

wire::VolumeInfo describe(const EngineState& state, const std::string& name) {
  wire::VolumeInfo info;
  info.name = name;
  info.mountpoint = state.volumes.path(name);
  const auto born = sys::try_birth_time_ns(info.mountpoint);
  if (born) info.created_at = format_rfc3339(*born);
  info.used_by = users_of(state, name);
  return info;
}

void remove_one(EngineState& state, const std::string& name) {
  const std::string aside = state.volumes.take_out(name, [&] { return users_of(state, name); });
  state.background.post("remove volume " + name, [aside] { sys::remove_tree(aside); });
}

}  // namespace

std::vector<wire::VolumeInfo> Engine::list_volumes() const {
  std::vector<wire::VolumeInfo> list;
  for (const std::string& name : state_->volumes.names()) list.push_back(describe(*state_, name));
  return list;
}

std::string Engine::create_volume(const std::string& name) {
  std::string made = name;
  if (name.empty()) {
    do made = random_id() + random_id();
    while (!state_->volumes.create(made));
  } else {
    state_->volumes.create(name);
  }
  return made;
}

std::string Engine::inspect_volume(const std::string& name) const {
  if (!state_->volumes.exists(name))
    throw Error(ErrorKind::kNotFound, "volume not found: " + quote(name))
        .with_hint("minibox volume ls lists all volumes");
  const wire::VolumeInfo info = describe(*state_, name);
  return nlohmann::ordered_json{
      {"Name", info.name}, {"Driver", "local"},     {"Mountpoint", info.mountpoint}, {"CreatedAt", info.created_at},
      {"Scope", "local"},  {"UsedBy", info.used_by}}
      .dump();
}

void Engine::remove_volume(const std::string& name) {
  remove_one(*state_, name);
}

std::vector<std::string> Engine::prune_volumes() {
  std::vector<std::string> removed;
  for (const std::string& name : state_->volumes.names()) {
    try {
      remove_one(*state_, name);
      removed.push_back(name);
    } catch (const Error& error) {
      // In use, or removed by somebody else meanwhile: not ours to remove.
      if (error.kind() != ErrorKind::kConflict && error.kind() != ErrorKind::kNotFound) throw;
    }
  }
  return removed;
}

}  // namespace minibox::engine
