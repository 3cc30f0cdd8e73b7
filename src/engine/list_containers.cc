// minibox ps, and names to ids.
#include "engine/engine.h"
#include "engine/engine_state.h"

namespace minibox::engine {

std::map<std::string, wire::ContainerInfo> Engine::list_containers() const {
  std::map<std::string, wire::ContainerInfo> list;
  for (const ContainerPtr& container : state_->containers.all()) {
    const std::unique_lock lock(container->mutex);
    list[container->record.info.id] = container->record.info;
  }
  return list;
}

std::string Engine::find_container(const std::string& reference) const {
  return state_->containers.find(reference)->record.info.id;
}

}  // namespace minibox::engine
