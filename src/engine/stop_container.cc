// minibox stop, kill and start: the life of a container that exists.
#include <signal.h>

#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "base/undo.h"
#include "engine/engine.h"
#include "engine/engine_state.h"

namespace minibox::engine {
namespace {

std::string label(const Container& container) {
  const wire::ContainerInfo& info = container.record.info;
  return quote(info.name.empty() ? info.id : info.name);
}

}  // namespace

// SIGKILL to the init ends every process of its pid namespace; v1-frozen or stuck ones make it take long.
void kill_and_wait(Container& container, std::unique_lock<std::mutex>& lock) {
  constexpr std::chrono::seconds kDeadline{30};
  container.shim->signal(SIGKILL);
  if (wait_for_end(container, lock, kDeadline)) return;
  throw Error(ErrorKind::kTimeout, "container " + label(container) + " does not end")
      .with_hint("a process of it may hang in the kernel: look for state D in ps");
}

StopResult Engine::stop(const std::string& reference, int timeout_seconds) {
  const ContainerPtr container = state_->containers.find(reference);
  std::unique_lock lock(container->mutex);
  if (!container->running()) return StopResult::kNotRunning;
  container->shim->signal(SIGTERM);
  if (wait_for_end(*container, lock, std::chrono::seconds(timeout_seconds))) return StopResult::kStopped;
  kill_and_wait(*container, lock);
  return StopResult::kKilled;
}

void Engine::kill(const std::string& reference) {
  const ContainerPtr container = state_->containers.find(reference);
  std::unique_lock lock(container->mutex);
  if (!container->running()) throw Error(ErrorKind::kConflict, "container " + label(*container) + " is not running");
  kill_and_wait(*container, lock);
}

void Engine::start(const std::string& reference) {
  EngineState& state = *state_;
  const ContainerPtr container = state.containers.find(reference);
  const std::unique_lock lock(container->mutex);
  if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + quote(reference));
  if (container->running()) throw Error(ErrorKind::kConflict, "container is already running");
  release_shim(state, *container);  // the last life's may still remove its cgroup
  Undo undo;
  undo.push([&] { save_record(state, *container); });  // what launch() wrote is of a life that was not to be
  try {
    launch(state, container, nullptr);
  } catch (Error& error) {
    undo.fail(error);
  }
  undo.commit();
}

}  // namespace minibox::engine
