// minibox rm, and the end of containers run with --rm.
#include <signal.h>

#include <atomic>
#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

constexpr std::chrono::seconds kKillDeadline{30};

// Out of containers/ at once, so that the id is free and a restarted daemon sees no half-removed container; deleted
// later.
std::string move_aside(EngineState& state, const std::string& id, const std::string& directory) {
  static std::atomic<unsigned> counter{0};
  const std::string aside = state.data_root.tmp() + "/removed-" + id + "-" + std::to_string(counter++);
  sys::rename_path(directory, aside);
  return aside;
}

}  // namespace

void forget(EngineState& state, const ContainerPtr& container) {
  const std::string id = container->record.info.id;
  state.containers.erase(id);
  container->removed = true;
  const std::string directory = container->directory;
  if (!sys::exists(directory)) return;
  const std::string aside = move_aside(state, id, directory);
  state.background.post("remove container " + id, [aside] { sys::remove_tree(aside); });
}

void Engine::remove(const std::string& reference, bool force) {
  EngineState& state = *state_;
  const ContainerPtr container = state.containers.find(reference);
  std::unique_lock lock(container->mutex);
  if (container->running()) {
    if (!force) {
      throw Error(ErrorKind::kConflict, "container " + quote(reference) + " is running")
          .with_hint("stop it first, or remove it with: minibox rm -f " + reference);
    }
    container->shim->signal(SIGKILL);
    if (!wait_for_end(*container, lock, kKillDeadline))
      throw Error(ErrorKind::kTimeout, "container " + quote(reference) + " does not end");
  }
  if (container->removed) return;  // --rm was faster
  if (container->shim) {
    container->shim->wait_until_gone();
    container->shim.reset();
  }
  forget(state, container);
}

}  // namespace minibox::engine
