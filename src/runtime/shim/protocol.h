// The conversation between daemon, shim and container set-up: SOCK_SEQPACKET messages, one enum.
//
//   daemon                        shim                            container set-up (child)
//     | spawn ------------------> | waits, ready-made
//     | Launch {bundle, ...} ---> | reads config.json
//     |   + client's socket       | joins the network namespace, makes the cgroup
//     |                           | clone3 -----------------------> | waits
//     |                           | writes uid_map and gid_map
//     |                           | makes the detached mounts
//     |                           | Go + mounts ------------------> | works through setup_steps
//     |                           | <---------------- SetupError -- | or, when execve has succeeded:
//     |                           | <------------------- Started -- | becomes the init, closes the socket
//     | <-- Failed or Started --- | (the client hears nothing of a failure: the daemon answers it)
//     | Signal {number} --------> | pidfd_send_signal to the init
//     | Attach + socket --------> | one more client; on a connection that carries an Ack later, always before it
//     |                           | ...container ends: exit.json is written first
//     | <----------------- Exited | from here on the daemon's records are true
//     | Ack --------------------> | exit status to the client; removes cgroup and shim.sock
//     | <------------------ (EOF) | nothing of the container is left; the shim lives until its client has read all
//
// An exec is a shim of its own: a ready-made one is told Exec instead of Launch, with the container's init as a pidfd.
//
//   daemon                        shim                            program
//     | Exec + init, spec -------> | joins the pid namespace
//     |   + client's socket        | clone3 into the cgroup -------> | joins the other namespaces, closes what is the
//     |                            |                                 | host's, works through the steps of setup_steps
//     |                            | <---------------- SetupError -- | or
//     |                            | <------------------- Started -- | execve closes the socket
//     | <-- Failed or Started ---- |
//     | <----------------- Exited  | exit status to the client; nobody is waited for
//
// A probe of a health check is an exec that nobody is attached to, with an end that is certain: after its time-out,
// when the daemon hangs up its half of the connection, or goes, it is killed with all that it has started.
//
//     | Probe + init, spec ------> | as for Exec, into a cgroup of its own
//     | <-- Failed or Exited ----- | nothing of it is left
//
// A restarted daemon connects to shim.sock in the bundle and is told Started; when nobody answers there, exit.json says
// how it ended. A socket that closes without Failed, Started or Exited means the process died: the other side says
// which, never just "EOF".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace minibox::runtime {

inline constexpr size_t kMaxProbeOutput = 4096;  // bytes, as in Docker

enum class MessageType : std::uint8_t {
  kLaunch =
      1,    // bundle, framed ("1"/"0"), preamble, timing ("1"/"0"), daemon's steps as a JSON fragment, input ("1"/"0")
  kGo = 2,  // descriptors: the prepared mounts, in the order of the spec's mounts
  kSetupError = 3,  // an Error, see error_message()
  kStarted = 4,     // pid, then name and microseconds of each step; to the daemon with the init's pidfd
  kFailed = 5,      // an Error
  kSignal = 6,      // number
  kExited = 7,  // exit code, out of memory ("1"/"0"), finished at; of a probe also timed out ("1"/"0") and its output
  kAck = 8,
  kAttach = 11,  // framed, preamble; descriptor: the client's socket
  // Of the set-up, before Started, when the program has a terminal; descriptor: its master, from the container's
  // devpts.
  kTerminal = 10,
  // framed, preamble, input ("1"/"0"); descriptors: the init's pidfd, the spec (a memory file, see
  // runtime/exec_planner.h), and the client's socket unless it runs detached
  kExec = 9,
  kProbe = 12,  // time-out in milliseconds; descriptors: the init's pidfd, the spec
};

struct Message {
  MessageType type{};
  std::vector<std::string> fields;

  std::string print() const;                       // type byte, then each field with a 4-byte length
  static Message parse(const std::string& bytes);  // Error kCorrupt

  const std::string& field(size_t index) const;  // Error kCorrupt when absent
  std::int64_t number(size_t index) const;
};

// An Error as fields and back: kind, message, errno, exit code, hint, context innermost first.
Message error_message(MessageType type, const Error& error);
Error error_from(const Message& message);

}  // namespace minibox::runtime
