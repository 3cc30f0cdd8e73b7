#include "runtime/shim/probe.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/shim/container.h"
#include "runtime/shim/exec_program.h"
#include "sys/poll_set.h"

namespace minibox::runtime::shim {
namespace {

// Who hangs in the kernel for longer is left to the container's end.
constexpr std::chrono::milliseconds kEndDeadline{2000};

class Probe {
 public:
  // `end_us`: when its time is up, monotonic.
  Probe(const oci::RuntimeSpec& spec, sys::Fd container, const sys::Fd& control, std::int64_t end_us)
      : group_(sys::Cgroup::open(spec.cgroups_path)->make_subgroup("probe-" + std::to_string(::getpid()))),
        control_(control),
        end_us_(end_us) {
    try {
      program_ = clone_program(spec, std::move(container), make_joint_pipe(), group_);
      sys::set_nonblocking(program_.stdio.out, true);
    } catch (const Error&) {
      clear();
      throw;
    }
  }

  // Error: why the program could not be started. Nothing of it is left either way.
  void run() {
    try {
      while (wait_and_serve()) {
      }
    } catch (const Error&) {
      clear();
      throw;
    }
    clear();
  }

  Message exited() const {
    return {MessageType::kExited,
            {std::to_string(exit_code_), "0", now_rfc3339(), timed_out_ ? "1" : "0", output_ + (cut_ ? "..." : "")}};
  }

 private:
  // False when it is over.
  bool wait_and_serve() {
    const std::int64_t left_us = end_us_ - monotonic_us();
    timed_out_ = left_us <= 0;
    if (timed_out_) return false;
    sys::PollSet set;
    const size_t channel = set.add(program_.channel, POLLIN);
    const size_t out = set.add(program_.stdio.out, POLLIN);
    const size_t process = set.add(program_.process.pidfd(), POLLIN, !program_.channel);
    const size_t control = set.add(control_, POLLIN);
    if (!set.wait(static_cast<int>(std::min<std::int64_t>(left_us / 1000 + 1, INT32_MAX)))) return true;
    if (set.ready(out) != 0) take_output();
    if (set.ready(channel) != 0) hear_set_up();
    if (set.ready(control) != 0) return false;  // the daemon says nothing but that it has gone, or cancels
    if (set.ready(process) == 0) return true;
    exit_code_ = program_.process.try_reap(true).value_or(-1);
    if (!started_) throw set_up_died(exit_code_);
    if (program_.stdio.out) take_output();
    return false;
  }

  // The socket closes with execve.
  void hear_set_up() {
    const std::optional<sys::Packet> packet = sys::receive_packet(program_.channel);
    if (!packet) return program_.channel.reset();
    const Message message = Message::parse(packet->bytes);
    if (message.type == MessageType::kSetupError) throw error_from(message);
    started_ = true;
  }

  // The beginning is kept; the rest is read all the same, so that nobody waits for us.
  void take_output() {
    char buffer[16 * 1024];
    const ssize_t got = ::read(program_.stdio.out.get(), buffer, sizeof buffer);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return program_.stdio.out.reset();
    const size_t size = static_cast<size_t>(got);
    const size_t kept = std::min(size, kMaxProbeOutput - output_.size());
    output_.append(buffer, kept);
    cut_ = cut_ || kept < size;
  }

  // Where the kernel does not clone into a group, the program joins it by itself, and may not be there yet: it is
  // killed by its pidfd, and the group once more when nobody can join it any longer.
  void clear() noexcept {
    try {
      if (program_.process.valid()) program_.process.signal(SIGKILL);
      kill_group();
      reap();
      kill_group();
      group_->remove();
    } catch (const Error&) {
      // The container's own end removes what is left; the daemon is told how the probe has ended, not this.
    }
  }

  // Again and again: where the kernel can't kill a group as one, its members may be faster than we are.
  void kill_group() {
    const std::int64_t end = monotonic_us() + std::chrono::microseconds(kEndDeadline).count();
    do {
      group_->kill_all();
      ::sched_yield();
    } while (!group_->processes().empty() && monotonic_us() < end);
  }

  void reap() {
    if (!program_.process.valid()) return;
    if (sys::wait_readable(program_.process.pidfd(), kEndDeadline)) {
      program_.process.try_reap();
    } else {
      program_.process.release();
    }
  }

  std::shared_ptr<sys::Cgroup> group_;
  const sys::Fd& control_;
  const std::int64_t end_us_;
  Program program_;
  bool started_ = false;
  bool timed_out_ = false;
  int exit_code_ = -1;
  std::string output_;
  bool cut_ = false;
};

Message run(const Message& request, sys::Packet& packet, const sys::Fd& control) {
  const std::int64_t end_us = monotonic_us() + request.number(0) * 1000;
  const oci::RuntimeSpec spec = read_spec(packet);
  const sys::Fd container = packet.fds[0].duplicate();
  try {
    Probe probe(spec, std::move(packet.fds[0]), control, end_us);
    probe.run();
    return probe.exited();
  } catch (const Error&) {
    if (sys::has_ended(container)) throw Error(ErrorKind::kConflict, "the container has ended");
    throw;
  }
}

}  // namespace

int probe(const Message& request, sys::Packet packet, sys::Fd control) {
  Message answer;
  try {
    answer = run(request, packet, control);
  } catch (const Error& error) {
    answer = error_message(MessageType::kFailed, error);
  }
  try {
    sys::send_packet(control, answer.print());
  } catch (const Error&) {
    // The daemon has gone; the next one makes probes of its own.
  }
  return 0;
}

}  // namespace minibox::runtime::shim
