#include "runtime/child/child_main.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/child/init.h"
#include "runtime/child/setup_steps.h"
#include "runtime/shim/mount_options.h"
#include "runtime/shim/protocol.h"
#include "sys/seqpacket.h"

namespace minibox::runtime::child {
namespace {

constexpr int kSetupFailed = 125;

// The shim is not dumpable, and so are we from the first moment on: see stay_out_of_reach().
void prepare_process(Stdio stdio) {
  ::setsid();
  const int ends[] = {stdio.in.get(), stdio.out.get(), stdio.err.get()};
  for (int fd = 0; fd < 3; ++fd) {
    if (ends[fd] < 0) continue;  // the terminal will take its place
    if (::dup2(ends[fd], fd) < 0) throw Error::from_errno("dup2()", errno);
  }
}

void wait_for_go(const oci::RuntimeSpec& spec, ChildState& state) {
  std::optional<sys::Packet> packet = sys::receive_packet(state.channel);
  if (!packet || Message::parse(packet->bytes).type != MessageType::kGo) ::_exit(kSetupFailed);  // the shim gave up
  state.prepared.resize(spec.mounts.size());
  size_t next = 0;
  for (size_t i = 0; i < spec.mounts.size() && next < packet->fds.size(); ++i) {
    if (is_prepared_by_shim(spec.mounts[i])) state.prepared[i] = std::move(packet->fds[next++]);
  }
}

Message started_message(const ChildState& state) {
  Message message{MessageType::kStarted, {"0"}};
  for (const auto& [name, us] : state.step_times) {
    message.fields.emplace_back(name);
    message.fields.push_back(std::to_string(us));
  }
  return message;
}

// Tells the shim what `work` throws, and ends; `work` itself never returns.
template <typename Work>
[[noreturn]] void report_errors(ChildState& state, Work work) {
  try {
    work();
  } catch (const Error& error) {
    try {
      if (state.channel) sys::send_packet(state.channel, error_message(MessageType::kSetupError, error).print());
    } catch (const Error&) {
      // The shim is gone; PDEATHSIG ends us too.
    }
  } catch (const std::exception& error) {
    sys::send_packet(state.channel,
                     error_message(MessageType::kSetupError, Error(ErrorKind::kInternal, error.what())).print());
  }
  ::_exit(kSetupFailed);
}

}  // namespace

void child_main(const oci::RuntimeSpec& spec, ChildState state, Stdio stdio) {
  report_errors(state, [&] {
    prepare_process(std::move(stdio));
    ::prctl(PR_SET_NAME, "minibox-init", 0, 0, 0);
    wait_for_go(spec, state);
    run_setup_steps(spec, state, Occasion::kLaunch);
    const std::int64_t start = monotonic_us();
    const pid_t program = start_program(state);
    state.step_times.emplace_back("execute the program", monotonic_us() - start);
    sys::send_packet(state.channel, started_message(state).print());
    state.channel.reset();
    ::_exit(run_init(program));
  });
}

void exec_main(const oci::RuntimeSpec& spec, ChildState state, Stdio stdio) {
  report_errors(state, [&] {
    prepare_process(std::move(stdio));
    ::signal(SIGPIPE, SIG_DFL);  // the shim's own choice is not the program's
    const std::string started = Message{MessageType::kStarted, {"0"}}.print();
    run_setup_steps(spec, state, Occasion::kExec);
    sys::send_packet(state.channel, started);
    ::execve(state.executable.c_str(), state.arguments.data(), state.environment.data());
    throw execve_error(state.executable, errno);
  });
}

}  // namespace minibox::runtime::child
