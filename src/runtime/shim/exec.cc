#include "runtime/shim/exec.h"

#include <signal.h>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/shim/container.h"
#include "runtime/shim/exec_program.h"
#include "runtime/shim/relay.h"
#include "sys/process.h"

namespace minibox::runtime::shim {
namespace {

// Started is sent just before execve, and the socket closes with it: an error that comes after Started is execve's own.
void wait_until_executed(Program& program) {
  bool started = false;
  while (std::optional<sys::Packet> packet = sys::receive_packet(program.channel)) {
    const Message message = Message::parse(packet->bytes);
    if (message.type == MessageType::kSetupError) throw error_from(message);
    if (message.type == MessageType::kTerminal) program.stdio.out = std::move(packet->fds.at(0));
    started = started || message.type == MessageType::kStarted;
  }
  program.channel.reset();
  if (!started) throw set_up_died(program.process.try_reap(true).value_or(0));
}

Program start(const Message& request, sys::Packet& packet) {
  const oci::RuntimeSpec spec = read_spec(packet);
  const bool attached = packet.fds.size() > 2;
  const sys::Fd container = packet.fds[0].duplicate();
  try {
    StdioPair stdio = spec.process.terminal ? await_terminal()
                      : attached            ? make_pipes(request.field(2) == "1")
                                            : make_nothing();
    Program program = clone_program(spec, std::move(packet.fds[0]), std::move(stdio), nullptr);
    wait_until_executed(program);
    return program;
  } catch (const Error&) {
    // Whatever failed, a container that ended meanwhile is the reason: clone3 says ENOMEM then, setns ESRCH.
    if (sys::has_ended(container)) throw Error(ErrorKind::kConflict, "the container has ended");
    throw;
  }
}

void carry(Program program, ClientStream client, const sys::Fd& control) {
  Relay relay(std::move(program.stdio), std::nullopt, std::move(client));
  std::optional<int> exit_code;
  while (!exit_code) {
    sys::PollSet set;
    const size_t process = set.add(program.process.pidfd(), POLLIN);
    relay.watch(set);
    if (!set.wait(-1)) continue;
    for (const int signo : relay.serve(set)) {
      if (signo > 0 && signo < NSIG) program.process.signal_group(signo);
    }
    if (set.ready(process) != 0) exit_code = program.process.try_reap();
  }
  relay.drain();
  try {
    sys::send_packet(control, Message{MessageType::kExited, {std::to_string(*exit_code), "0", now_rfc3339()}}.print());
  } catch (const Error&) {
    // The daemon has gone; an exec has no record, its client alone needs to know.
  }
  relay.send_exit(*exit_code, false);
  relay.flush();
}

}  // namespace

int execute(const Message& request, sys::Packet packet, sys::Fd control) {
  Program program;
  try {
    program = start(request, packet);
    sys::send_packet(control, Message{MessageType::kStarted, {std::to_string(program.process.pid())}}.print());
  } catch (const Error& error) {
    sys::send_packet(control, error_message(MessageType::kFailed, error).print());
    return 1;
  }
  ClientStream client;
  if (packet.fds.size() > 2) client = ClientStream(std::move(packet.fds[2]), request.field(0) == "1");
  client.send_raw(request.field(1));
  carry(std::move(program), std::move(client), control);
  return 0;
}

}  // namespace minibox::runtime::shim
