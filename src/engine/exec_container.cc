// minibox exec and attach: a program, or a client, more in a container that runs.
#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/user_lookup.h"
#include "runtime/bundle.h"
#include "runtime/exec_planner.h"
#include "sys/file.h"
#include "sys/process.h"

namespace minibox::engine {
namespace {

// A running container, held so that it can't be mistaken for another one later.
struct Target {
  sys::Fd init;  // pidfd
  pid_t pid = 0;
  std::string directory;
  std::string label;  // label_of()
};

Target hold_running(EngineState& state, const std::string& reference) {
  const ContainerPtr container = state.containers.find(reference);
  const std::unique_lock lock(container->mutex);
  require_running(*container);
  if (sys::has_ended(container->shim->init())) refuse_stopped(container->record.info);
  const wire::ContainerInfo& info = container->record.info;
  if (info.status == "paused") {
    throw Error(ErrorKind::kConflict, "container " + label_of(*container) + " is paused")
        .with_hint("let it go on first: minibox unpause " + reference);
  }
  return {container->shim->init().duplicate(), info.pid, container->directory, label_of(info)};
}

// By the container's own /etc/passwd as it is now. The number of a process that has not ended names nobody else.
std::optional<runtime::ExecUser> look_up_user(const Target& target, const std::string& user) {
  if (user.empty()) return std::nullopt;
  sys::RootDir root(sys::open_file("/proc/" + std::to_string(target.pid) + "/root", O_PATH | O_DIRECTORY));
  if (sys::has_ended(target.init)) throw Error(ErrorKind::kConflict, "the container has ended");
  ResolvedUser found = resolve_user_beneath(root, user);
  return runtime::ExecUser{std::move(found.ids), std::move(found.home)};
}

}  // namespace

void Engine::attach(const std::string& reference, const MakeAttachment& make) {
  const ContainerPtr container = state_->containers.find(reference);
  const std::unique_lock lock(container->mutex);
  require_running(*container);
  const wire::RunRequest& request = container->record.request;
  Attachment attachment = make(request.interactive, request.tty);
  container->shim->attach(std::move(attachment.connection), attachment.preamble, attachment.framed);
}

void Engine::exec(const wire::ExecRequest& request, Attachment* attachment) {
  EngineState& state = *state_;
  Target target = hold_running(state, request.id);
  const std::string config = sys::read_file(target.directory + "/" + runtime::kConfigFile);
  try {
    runtime::Exec exec;
    exec.spec =
        runtime::plan_exec(oci::RuntimeSpec::parse(config), request, look_up_user(target, request.user)).print();
    exec.init = std::move(target.init);
    exec.input = request.interactive;
    if (attachment != nullptr) {
      exec.client = std::move(attachment->connection);
      exec.preamble = attachment->preamble;
      exec.framed = attachment->framed;
    }
    runtime::Shim shim = take_shim(state);
    shim.exec(std::move(exec));
    state.retire(std::move(shim));
  } catch (Error& error) {
    error.add_context("cannot execute in container " + target.label);
    throw;
  }
  state.shims.top_up();
}

}  // namespace minibox::engine
