#include "engine/build_step.h"

#include <signal.h>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/id.h"
#include "base/undo.h"
#include "engine/name_files.h"
#include "engine/user_lookup.h"
#include "runtime/bundle.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/stream_pair.h"

namespace minibox::engine {
namespace {

oci::RuntimeSpec plan_step(EngineState& state, const BuildStep& step, const std::string& id,
                           const network::Attachment& network) {
  runtime::LaunchInput input;
  input.id = id;
  input.bundle = step.directory;
  input.request.command = step.argv;
  input.request.hostname = "build";
  input.image.env = runtime::merge_env({"SOURCE_DATE_EPOCH=" + std::to_string(step.epoch)},
                                       build::print_env_list(build::step_env(step.scope)));
  input.request.volumes = step.mounts;
  input.image.working_dir = step.scope.workdir;
  const ResolvedUser user = resolve_user_in_snapshot(state, step.scope.user, step.directory, step.layers);
  input.user = user.ids;
  input.home = user.home;
  input.root = state.snapshots.resume(step.directory, step.layers);
  input.network_namespace = namespace_path(network);
  return runtime::plan_launch(input, state.policy);
}

// Output until the step has ended; then what is left of it, until the shim closes its end.
runtime::Exited carry_output(runtime::Shim& shim, const sys::Fd& from, build::StepOutput& output) {
  char buffer[16384];
  const auto copy = [&] {
    const size_t size = sys::read_some(from, buffer, sizeof buffer);
    if (size > 0) output.write({buffer, size});
    return size > 0;
  };
  // wait_either() prefers the first: output that came before the end is written before the end is looked at.
  while (sys::wait_either(from, shim.socket())) {
    if (!copy()) break;
  }
  const std::optional<runtime::Exited> exited = shim.receive_exit();
  if (!exited) throw Error(ErrorKind::kInternal, "the step's shim died");
  shim.acknowledge();
  while (copy()) {
  }
  output.finish();
  return *exited;
}

// A status above 128 is what init and shells alike say of a program that a signal ended, and what a program may say
// itself.
std::string describe(const runtime::Exited& exited) {
  if (exited.oom_killed) return "killed for lack of memory";
  const std::string status = "exit status " + std::to_string(exited.exit_code);
  const int signo = exited.exit_code - 128;
  return signo >= 1 && signo < NSIG ? status + " (128 + signal " + std::to_string(signo) + ")" : status;
}

}  // namespace

void run_build_step(EngineState& state, const BuildStep& step, build::StepOutput& output, std::stop_token stop) {
  const std::string id = random_id();
  network::Attachment network = state.network.acquire(step.network);
  Undo undo;
  undo.push([&] { state.network.release(std::move(network)); });
  const oci::RuntimeSpec spec = plan_step(state, step, id, network);
  write_name_files(step.directory, {.ip = network.ip, .hostname = spec.hostname, .id = id});
  sys::write_file(step.directory + "/" + runtime::kConfigFile, spec.print());

  auto [mine, theirs] = sys::make_stream_pair();
  runtime::Launch request;
  request.bundle = step.directory;
  request.client = std::move(theirs);
  request.framed = false;
  runtime::Shim shim = take_shim(state);
  shim.launch(std::move(request));
  runtime::Exited exited;
  {
    const std::stop_callback cancel(stop, [&] { shim.signal(SIGKILL); });
    exited = carry_output(shim, mine, output);
  }
  shim.wait_until_released();
  state.retire(std::move(shim));
  throw_if_stopped(stop);
  if (exited.exit_code != 0) throw Error(ErrorKind::kInvalid, describe(exited));
}

}  // namespace minibox::engine
