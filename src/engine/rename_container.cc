// minibox rename.
#include "base/error.h"
#include "base/undo.h"
#include "engine/engine.h"
#include "engine/engine_state.h"

namespace minibox::engine {

void Engine::rename(const std::string& reference, const std::string& name) {
  check_container_name(name);
  const ContainerPtr container = state_->containers.find(reference);
  const std::unique_lock lock(container->mutex);
  if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + label_of(*container));
  ContainerRecord& record = container->record;
  if (record.info.name == name) return;
  Undo undo;
  undo.push([&, before = record.info.name] { state_->containers.rename(record.info.id, before); });
  state_->containers.rename(record.info.id, name);
  undo.push([&, before = record] { record = before; });
  record.info.name = name;
  record.request.name = name;  // its host name from the next start on
  save_record(*state_, *container);
  container->show();
  undo.commit();
}

}  // namespace minibox::engine
