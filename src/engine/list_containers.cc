// minibox ps, and names to ids.
#include "engine/engine.h"
#include "engine/engine_state.h"

namespace minibox::engine {

std::map<std::string, wire::ContainerInfo> Engine::list_containers() const {
  std::map<std::string, wire::ContainerInfo> list;
  for (const ContainerPtr& container : state_->containers.all()) {
    wire::ContainerInfo info = container->shown();
    list.emplace(info.id, std::move(info));
  }
  return list;
}

std::string Engine::find_container(const std::string& reference) const {
  return state_->containers.find(reference)->shown().id;
}

}  // namespace minibox::engine
