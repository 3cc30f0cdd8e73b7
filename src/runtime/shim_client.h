// The daemon's side of the conversation in shim/protocol.h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runtime/shim/protocol.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/seqpacket.h"
#include "wire/timing.h"

namespace minibox::runtime {

struct Launch {
  std::string bundle;    // absolute path of the container's directory, config.json written
  sys::Fd client;        // connection of an attached client, or invalid
  std::string preamble;  // written to the client before anything else
  bool framed = true;
  bool timing = false;
  std::string daemon_steps;  // JSON fragment for --timing
  bool input = false;        // the program's stdin is a pipe fed by the client; otherwise /dev/null
};

// A program in a container that runs already.
struct Exec {
  sys::Fd init;          // pidfd of the container's init
  std::string spec;      // see runtime/exec_planner.h
  sys::Fd client;        // invalid: its output goes nowhere
  std::string preamble;  // as in Launch
  bool framed = true;
  bool input = false;
};

// One probe of a health check.
struct Probe {
  const sys::Fd& init;                // pidfd of the container's init
  const std::string& spec;            // as in Exec
  std::chrono::milliseconds timeout;  // from now on
};
struct Probed {
  int exit_code = -1;  // -1: it timed out, or could not be started
  bool timed_out = false;
  std::string output;  // bytes of the container's choice, at most kMaxProbeOutput and "..."; or why it did not start
};

struct Started {
  int pid = 0;  // host pid of the container's PID 1
  std::vector<wire::TimedStep> steps;
};

struct Exited {
  int exit_code = -1;
  bool oom_killed = false;
  std::string finished_at;
};

// One shim, spawned by us or found again after a restart of the daemon. Not thread-safe, except signal() beside
// receive().
class Shim {
 public:
  // Ready-made: waits for launch() or exec(). `program` is a sealed copy in memory (sys/memory_file.h): a container
  // that gets hold of its shim's /proc/PID/exe can't overwrite the next one's program (CVE-2019-5736).
  static Shim spawn(const sys::Fd& program);
  // Connects to the shim that serves `bundle`; empty when there is none any more.
  static std::optional<std::pair<Shim, Started>> adopt(const std::string& bundle);
  Shim(Shim&&) = default;
  Shim& operator=(Shim&&) = default;
  ~Shim();

  Started launch(Launch request);  // Error: why the container could not be started
  // Error: why the program could not be started; exit code 126 or 127 where that says it. kConflict: the container has
  // ended. From here on nobody needs to speak to this shim; receive_exit() tells the end to whoever wants to know.
  void exec(Exec request);
  // Returns at once: the socket is readable when receive_probed() has something.
  void probe(const Probe& request);
  Probed receive_probed();
  void cancel_probe() const noexcept;  // ends it soon, with all that it has started; receive_probed() tells
  // The container's init, from its parent: never a process that has got the same number later.
  const sys::Fd& init() const { return init_; }
  void signal(
      int signo) const noexcept;  // a container that has ended already is no failure, as with kill(2) of a zombie
  // One more client for the container's streams, from now on; the end of the container is its end. What it finds when
  // the container has ended already is a closed connection.
  void attach(sys::Fd client, const std::string& preamble, bool framed) const;
  const sys::Fd& socket() const { return socket_; }  // readable when receive() has something
  // Exited, or nothing when the shim died without a word.
  std::optional<Exited> receive_exit();
  void acknowledge() noexcept;  // from here the client learns the exit status
  void wait_until_released();   // nothing of the container is left: the shim has closed its end
  bool try_reap();              // true when the process has gone, or is not our child
  const sys::Fd& process() const { return process_.pidfd(); }  // readable when try_reap() will succeed
  bool usable() const;                                         // a ready-made one that nobody has killed
  void end_unused();  // a ready-made shim nobody wants: closes its socket and reaps it

 private:
  Shim() = default;
  std::optional<sys::Packet> await_answer(std::chrono::seconds deadline);
  sys::Packet await_start(std::chrono::seconds deadline);
  sys::Fd socket_;
  sys::Fd init_;
  sys::Child process_;  // invalid for an adopted one
};

}  // namespace minibox::runtime
