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

void prepare_process(Stdio stdio) {
  // Nobody inside may read or write our image through /proc/1 (CVE-2019-5736).
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_DUMPABLE)", errno);
  ::prctl(PR_SET_NAME, "minibox-init", 0, 0, 0);
  ::setsid();
  const int ends[] = {stdio.in.get(), stdio.out.get(), stdio.err.get()};
  for (int fd = 0; fd < 3; ++fd) {
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

}  // namespace

void child_main(const oci::RuntimeSpec& spec, ChildState state, Stdio stdio) {
  try {
    prepare_process(std::move(stdio));
    wait_for_go(spec, state);
    run_setup_steps(spec, state);
    const std::int64_t start = monotonic_us();
    const pid_t program = start_program(state);
    state.step_times.emplace_back("execute the program", monotonic_us() - start);
    sys::send_packet(state.channel, started_message(state).print());
    state.channel.reset();
    ::_exit(run_init(program));
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

}  // namespace minibox::runtime::child
