// minibox rm, and the end of containers run with --rm.
#include <atomic>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/stopped_files.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// Out of containers/ at once, so that the id is free and a restarted daemon sees no half-removed container; deleted
// later.
std::string move_aside(EngineState& state, const std::string& id, const std::string& directory) {
  static std::atomic<unsigned> counter{0};
  const std::string aside = state.data_root.tmp() + "/removed-" + id + "-" + std::to_string(counter++);
  sys::set_aside(directory, aside);
  return aside;
}

}  // namespace

void forget(EngineState& state, const ContainerPtr& container) {
  const std::string id = container->record.info.id;
  const std::string aside = move_aside(state, id, container->directory);
  state.containers.erase(id);
  container->removed = true;
  state.background.post("remove container " + id, [aside] { sys::remove_tree(aside); });
}

void Engine::remove(const std::string& reference, bool force) {
  EngineState& state = *state_;
  const ContainerPtr container = state.containers.find(reference);
  std::unique_lock lock(container->mutex);
  // Somebody who waited to start it may be faster than we are after its end.
  while (container->running() || container->files_mounted) {
    if (container->files_mounted) {
      await_files(*container, lock);
      continue;
    }
    if (!force) {
      throw Error(ErrorKind::kConflict, "container " + quote(reference) + " is running")
          .with_hint("stop it first, or remove it with: minibox rm -f " + reference);
    }
    container->record.stopped = true;
    kill_and_wait(state, *container, lock);
  }
  if (container->record.info.status == "restarting" && !force) {
    throw Error(ErrorKind::kConflict, "container " + quote(reference) + " is about to be started again")
        .with_hint("stop it first, or remove it with: minibox rm -f " + reference);
  }
  if (container->removed) return;  // --rm was faster
  release_shim(state, *container);
  forget(state, container);
}

}  // namespace minibox::engine
