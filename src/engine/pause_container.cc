// minibox pause and unpause. The kernel's freezer is the truth: a restarted daemon asks it.
#include <chrono>

#include "base/error.h"
#include "base/undo.h"
#include "engine/engine.h"
#include "engine/engine_state.h"

namespace minibox::engine {
namespace {

constexpr std::chrono::seconds kDeadline{10};

void set_status(EngineState& state, const ContainerPtr& container, const char* status) {
  container->record.info.status = status;
  container->show();
  save_record_later(state, container);
}

}  // namespace

void thaw_if_paused(EngineState& state, Container& container) {
  if (!container.paused()) return;
  const std::unique_ptr<sys::Cgroup> cgroup = cgroup_of(state, container.record.info.id);
  // A container that has been sent SIGKILL may be gone before we look.
  if (cgroup->frozen()) cgroup->thaw(kDeadline);
  container.record.info.status = "running";
  container.show();
}

void Engine::pause(const std::string& reference) {
  const ContainerPtr container = state_->containers.find(reference);
  const std::unique_lock lock(container->mutex);
  require_running(*container);
  if (container->paused())
    throw Error(ErrorKind::kConflict, "container " + label_of(*container) + " is already paused");
  suspend_health(*container);
  Undo undo;
  undo.push([&] { resume_health(*state_, *container); });
  with_context("cannot pause container " + label_of(*container),
               [&] { cgroup_of(*state_, container->record.info.id)->freeze(kDeadline); });
  undo.commit();
  set_status(*state_, container, "paused");
}

void Engine::unpause(const std::string& reference) {
  const ContainerPtr container = state_->containers.find(reference);
  const std::unique_lock lock(container->mutex);
  require_running(*container);
  if (!container->paused()) throw Error(ErrorKind::kConflict, "container " + label_of(*container) + " is not paused");
  with_context("cannot unpause container " + label_of(*container),
               [&] { cgroup_of(*state_, container->record.info.id)->thaw(kDeadline); });
  set_status(*state_, container, "running");
  resume_health(*state_, *container);
}

}  // namespace minibox::engine
