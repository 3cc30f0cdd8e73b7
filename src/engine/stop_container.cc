// minibox stop, kill, start and restart: the life of a container that exists.
#include <signal.h>

#include <chrono>

#include "base/error.h"
#include "base/signal_name.h"
#include "base/text.h"
#include "base/undo.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/stopped_files.h"

namespace minibox::engine {

std::string label_of(const wire::ContainerInfo& info) {
  return quote(info.name.empty() ? info.id : info.name);
}

void refuse_stopped(const wire::ContainerInfo& info) {
  throw Error(ErrorKind::kConflict, "container " + label_of(info) + " is not running")
      .with_hint("start it with: minibox start " + (info.name.empty() ? info.id : info.name));
}

void require_running(const Container& container) {
  if (!container.running()) refuse_stopped(container.record.info);
}

// SIGKILL to the init ends every process of its pid namespace; stuck ones make it take long.
void kill_and_wait(EngineState& state, Container& container, std::unique_lock<std::mutex>& lock) {
  constexpr std::chrono::seconds kDeadline{30};
  container.shim->signal(SIGKILL);
  thaw_if_paused(state, container);
  if (wait_for_end(container, lock, kDeadline)) return;
  throw Error(ErrorKind::kTimeout, "container " + label_of(container) + " does not end")
      .with_hint("a process of it may hang in the kernel: look for state D in ps");
}

StopResult stop_and_wait(EngineState& state, const ContainerPtr& container, std::unique_lock<std::mutex>& lock,
                         int seconds) {
  if (cancel_restart(*container)) return StopResult::kStopped;
  if (!container->running()) return StopResult::kNotRunning;
  mark_stopped(*container);
  container->shim->signal(parse_signal(container->record.stop_signal).value_or(SIGTERM));
  thaw_if_paused(state, *container);
  if (wait_for_end(*container, lock, std::chrono::seconds(seconds))) return StopResult::kStopped;
  kill_and_wait(state, *container, lock);
  return seconds == 0 ? StopResult::kStopped : StopResult::kKilled;  // no time was given, so none has run out
}

void start_again(EngineState& state, const ContainerPtr& container, Attachment* attachment) {
  if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + label_of(*container));
  if (container->running()) throw Error(ErrorKind::kConflict, "container is already running");
  release_shim(state, *container);  // the last life's may still remove its cgroup
  Undo undo;
  undo.push([&] { save_record(state, *container); });  // what launch() wrote is of a life that was not to be
  try {
    launch(state, container, attachment);
  } catch (Error& error) {
    undo.fail(error);
  }
  undo.commit();
}

namespace {

// The restart policy begins to count anew.
void start_by_hand(EngineState& state, const ContainerPtr& container, Attachment* attachment = nullptr) {
  container->record.info.restart_count = 0;
  container->short_lives = 0;
  start_again(state, container, attachment);
}

}  // namespace

StopResult Engine::stop(const std::string& reference, int timeout_seconds) {
  const ContainerPtr container = state_->containers.find(reference);
  std::unique_lock lock(container->mutex);
  return stop_and_wait(*state_, container, lock, timeout_seconds);
}

void Engine::kill(const std::string& reference) {
  const ContainerPtr container = state_->containers.find(reference);
  std::unique_lock lock(container->mutex);
  if (cancel_restart(*container)) return;
  require_running(*container);
  mark_stopped(*container);
  kill_and_wait(*state_, *container, lock);
}

// The restart policy is not told: a program that reloads, or ends for it, does so by itself.
void Engine::signal(const std::string& reference, int signo) {
  const ContainerPtr container = state_->containers.find(reference);
  const std::unique_lock lock(container->mutex);
  require_running(*container);
  container->shim->signal(signo);
}

void Engine::start(const std::string& reference) {
  const ContainerPtr container = state_->containers.find(reference);
  std::unique_lock lock(container->mutex);
  await_files(*container, lock);
  start_by_hand(*state_, container);
}

void Engine::start(const std::string& reference, const MakeAttachment& make) {
  const ContainerPtr container = state_->containers.find(reference);
  std::unique_lock lock(container->mutex);
  await_files(*container, lock);
  const wire::RunRequest& request = container->record.request;
  Attachment attachment = make(request.interactive, request.tty);
  start_by_hand(*state_, container, &attachment);
}

// One use case and not two: a container run with --rm lives on.
void Engine::restart(const std::string& reference, int timeout_seconds) {
  const ContainerPtr container = state_->containers.find(reference);
  std::unique_lock lock(container->mutex);
  container->keep = true;
  try {
    stop_and_wait(*state_, container, lock, timeout_seconds);
    await_files(*container, lock);
    start_by_hand(*state_, container);
  } catch (const Error&) {
    container->keep = false;
    if (!container->removed) save_record(*state_, *container);  // followers of its log look up
    throw;
  }
  container->keep = false;
}

}  // namespace minibox::engine
