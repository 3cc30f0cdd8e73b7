#include "runtime/shim/supervisor.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/bundle.h"
#include "runtime/shim/client_stream.h"
#include "runtime/shim/container.h"
#include "runtime/shim/exec.h"
#include "runtime/shim/log_writer.h"
#include "runtime/shim/probe.h"
#include "runtime/shim/protocol.h"
#include "runtime/shim/relay.h"
#include "sys/file.h"
#include "sys/seqpacket.h"

namespace minibox::runtime::shim {
namespace {

constexpr std::chrono::milliseconds kAckDeadline{2000};
constexpr int kIdle = 200;  // ms

// exit.json has its space from the beginning, so that a full disk can't lose an exit status: blank until the end.
constexpr size_t kExitFileSize = 256;

void write_exit_file(const sys::Fd& file, std::string text) {
  text.resize(kExitFileSize - 1, ' ');
  text += '\n';
  if (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw Error::from_errno(std::string("pwrite('") + kExitFile + "')", errno);
  }
}

// The bundle's files that the shim writes, opened before anything runs: what can fail for them fails the start.
struct Files {
  explicit Files(const std::string& bundle)
      : directory(sys::open_dir(bundle)), log(directory), listener(sys::listen_at(directory, kShimSocket)) {}

  // From here a former life's end is not taken for this one's.
  void begin_exit_record() {
    exit = sys::open_file_at(directory, kExitFile, O_WRONLY | O_CREAT);
    write_exit_file(exit, "");
  }
  // Nothing has run: an empty exit file says so to a daemon that was not there (engine/reconcile.cc).
  void give_up() const {
    if (exit && ::ftruncate(exit.get(), 0) != 0) return;
    ::unlinkat(directory.get(), kShimSocket, 0);
  }

  sys::Fd directory;
  LogWriter log;
  sys::Fd listener;
  sys::Fd exit;
};

class Supervisor {
 public:
  Supervisor(Container container, Files files, ClientStream client)
      : container_(std::move(container)),
        files_(std::move(files)),
        relay_(container_.take_stdio(), std::move(files_.log), std::move(client)) {}

  // A daemon that has gone meanwhile is no reason to end the container.
  void add_daemon(sys::Fd connection) {
    try {
      sys::send_packet(connection, started().print(), {container_.init().pidfd().get()});
      daemons_.push_back(std::move(connection));
    } catch (const Error&) {
    }
  }

  void run() {
    while (!exit_code_) wait_and_serve();
    relay_.drain();
    report_exit();
  }

 private:
  Message started() const {
    Message message{MessageType::kStarted, {std::to_string(container_.init().pid())}};
    for (const Steps* steps : {&container_.shim_steps(), &container_.child_steps()}) {
      for (const auto& [name, us] : *steps) {
        message.fields.push_back((steps == &container_.shim_steps() ? "shim: " : "container: ") + name);
        message.fields.push_back(std::to_string(us));
      }
    }
    return message;
  }

  // One round of the loop. Order matters: the end of the init is looked at last, so that everything else that was ready
  // before it is served first.
  void wait_and_serve() {
    sys::PollSet set;
    const size_t init = set.add(container_.init().pidfd(), POLLIN);
    const size_t listener = set.add(files_.listener, POLLIN);
    relay_.watch(set);
    std::vector<size_t> daemons;
    for (const sys::Fd& daemon : daemons_) daemons.push_back(set.add(daemon, POLLIN));

    if (!set.wait(trimmed_ ? relay_.timeout_ms() : kIdle)) return settle();
    for (const int signo : relay_.serve(set)) forward(signo);
    for (size_t i = daemons.size(); i-- > 0;) {
      if (set.ready(daemons[i]) != 0) serve_daemon(i);
    }
    if (set.ready(listener) != 0) accept_daemon();
    if (set.ready(init) != 0) exit_code_ = container_.init().try_reap();
  }

  // What reading the spec and the start have left is given back once the container lives longer than a moment: there
  // may be hundreds of us.
  void settle() {
    if (!trimmed_) ::malloc_trim(0);
    trimmed_ = true;
    relay_.drop_stalled();
  }

  void accept_daemon() {
    try {
      add_daemon(sys::accept_one(files_.listener));
    } catch (const Error&) {  // it has gone again
    }
  }

  // A daemon that died or talks nonsense is dropped; the container is not its hostage.
  void serve_daemon(size_t index) {
    try {
      if (std::optional<sys::Packet> packet = sys::receive_packet(daemons_[index])) {
        obey(Message::parse(packet->bytes), *packet);
        return;
      }
    } catch (const Error&) {
    }
    daemons_.erase(daemons_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void obey(const Message& message, sys::Packet& packet) {
    if (message.type == MessageType::kSignal) forward(static_cast<int>(message.number(0)));
    if (message.type == MessageType::kAttach && !packet.fds.empty()) {
      ClientStream client(std::move(packet.fds[0]), message.field(0) == "1");
      client.send_raw(message.field(1));
      relay_.attach(std::move(client));
    }
  }

  void forward(int signo) const {
    if (signo > 0 && signo < NSIG) container_.init().signal(signo);
  }

  // In this order: the record on disk; then the daemon, whose records are true from here on; then the client. When the
  // daemon's connections close, nothing of the container is left, and only a client that has not read yet keeps us.
  void report_exit() {
    const bool out_of_memory = container_.out_of_memory();
    const std::string finished_at = now_rfc3339();
    record_exit(out_of_memory, finished_at);
    const Message exited{MessageType::kExited, {std::to_string(*exit_code_), out_of_memory ? "1" : "0", finished_at}};
    for (const sys::Fd& daemon : daemons_) tell(daemon, exited);
    for (const sys::Fd& daemon : daemons_) wait_for_ack(daemon);
    relay_.send_exit(*exit_code_, out_of_memory);
    files_.listener.reset();
    ::unlinkat(files_.directory.get(), kShimSocket, 0);
    container_.remove_cgroup();
    daemons_.clear();
    relay_.flush();
  }

  // Before anybody is told: whoever asks later finds the record or a live shim, never neither.
  void record_exit(bool out_of_memory, const std::string& finished_at) const {
    try {
      write_exit_file(files_.exit, "{\"exit_code\":" + std::to_string(*exit_code_) +
                                       ",\"oom_killed\":" + (out_of_memory ? "true" : "false") + ",\"finished_at\":\"" +
                                       finished_at + "\"}");
    } catch (const Error&) {
      // The disk itself fails: the message to the daemon still carries it.
    }
  }

  static void tell(const sys::Fd& daemon, const Message& message) {
    try {
      sys::send_packet(daemon, message.print());
    } catch (const Error&) {
      // It died; the exit file waits for the next one.
    }
  }

  // Who attaches until then still hears the exit status.
  void wait_for_ack(const sys::Fd& daemon) {
    try {
      while (sys::wait_readable(daemon, kAckDeadline)) {
        std::optional<sys::Packet> packet = sys::receive_packet(daemon);
        if (!packet) return;
        const Message message = Message::parse(packet->bytes);
        if (message.type == MessageType::kAck) return;
        if (message.type == MessageType::kAttach) obey(message, *packet);
      }
    } catch (const Error&) {
    }
  }

  Container container_;
  Files files_;
  Relay relay_;
  std::vector<sys::Fd> daemons_;
  bool trimmed_ = false;
  std::optional<int> exit_code_;
};

std::string steps_json(const std::string& daemon_steps, const Container& container) {
  std::string json = "[" + daemon_steps;
  const auto append = [&](const char* where, const Steps& steps) {
    for (const auto& [name, us] : steps) {
      if (json.size() > 1) json += ',';
      json += std::string("{\"where\":\"") + where + "\",\"name\":\"" + name + "\",\"us\":" + std::to_string(us) + "}";
    }
  };
  append("shim", container.shim_steps());
  append("container", container.child_steps());
  return json + "]";
}

// A daemon that dies before it has told anybody of this start: the next one may have looked for a listener already, and
// found none. One that dies later leaves one that finds it.
bool has_hung_up(const sys::Fd& control) {
  pollfd entry{control.get(), 0, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & POLLHUP) != 0;
}

void answer_failure(const sys::Fd& control, const Error& error) {
  try {
    sys::send_packet(control, error_message(MessageType::kFailed, error).print());
  } catch (const Error&) {  // nobody is there to hear it
  }
}

int launch(const Message& request, sys::Packet packet, sys::Fd control) {
  const std::string& bundle = request.field(0);
  std::optional<Files> files;
  std::optional<Container> container;
  try {
    files.emplace(bundle);
    if (has_hung_up(control)) throw Error(ErrorKind::kCancelled, "the daemon has gone before the start");
    files->begin_exit_record();
    container.emplace(Container::start(bundle, request.field(5) == "1"));
  } catch (const Error& error) {
    if (files) files->give_up();
    answer_failure(control, error);
    return 1;
  }
  files->log.set_limit(container->log_limit());
  // From here the start has succeeded, and nothing may be answered but that.
  ClientStream client;
  if (!packet.fds.empty()) client = ClientStream(std::move(packet.fds[0]), request.field(1) == "1");
  client.send_raw(request.field(2));
  if (request.field(3) == "1") client.send(wire::Stream::kTiming, steps_json(request.field(4), *container));
  Supervisor supervisor(std::move(*container), std::move(*files), std::move(client));
  container.reset();
  supervisor.add_daemon(std::move(control));
  supervisor.run();
  return 0;
}

}  // namespace

int supervise(sys::Fd control) {
  ::signal(SIGPIPE, SIG_IGN);
  // Children inherit it: no process of a container ever sees one of ours that it could read (CVE-2019-5736).
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_DUMPABLE)", errno);
  std::optional<sys::Packet> packet = sys::receive_packet(control);
  if (!packet) return 0;  // a ready-made shim whose daemon has gone
  const Message request = Message::parse(packet->bytes);
  if (request.type == MessageType::kLaunch) return launch(request, std::move(*packet), std::move(control));
  if (request.type == MessageType::kExec) return execute(request, std::move(*packet), std::move(control));
  if (request.type == MessageType::kProbe) return probe(request, std::move(*packet), std::move(control));
  throw Error(ErrorKind::kCorrupt, "the first message is neither Launch, Exec nor Probe");
}

}  // namespace minibox::runtime::shim
