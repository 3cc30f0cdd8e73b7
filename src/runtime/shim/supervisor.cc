#include "runtime/shim/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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
#include "runtime/shim/log_writer.h"
#include "runtime/shim/protocol.h"
#include "sys/file.h"
#include "sys/seqpacket.h"

namespace minibox::runtime::shim {
namespace {

constexpr std::chrono::milliseconds kAckDeadline{2000};

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
  explicit Files(const std::string& bundle) : directory(sys::open_dir(bundle)), log(directory) {
    exit = sys::open_file_at(directory, kExitFile, O_WRONLY | O_CREAT);
    write_exit_file(exit, "");  // a former life's end must not be taken for this one's
    listener = sys::listen_at(directory, kShimSocket);
  }

  sys::Fd directory;
  LogWriter log;
  sys::Fd exit;
  sys::Fd listener;
};

class Supervisor {
 public:
  Supervisor(Container container, Files files, ClientStream client)
      : container_(std::move(container)), files_(std::move(files)), client_(std::move(client)) {
    sys::set_nonblocking(container_.out(), true);
    sys::set_nonblocking(container_.err(), true);
  }

  // A daemon that has gone meanwhile is no reason to end the container.
  void add_daemon(sys::Fd connection) {
    try {
      sys::send_packet(connection, started().print());
      daemons_.push_back(std::move(connection));
    } catch (const Error&) {
    }
  }

  void run() {
    while (!exit_code_) wait_and_serve();
    // The container is dead: the pipes hold all there will ever be, less than a client that doesn't read could block.
    drain(container_.out(), wire::Stream::kStdout);
    drain(container_.err(), wire::Stream::kStderr);
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

  short client_events() const {
    return static_cast<short>((client_.wants_read() ? POLLIN : 0) | (client_.wants_write() ? POLLOUT : 0));
  }

  // One round of the loop. Order matters: the end of the init is looked at last, so that everything else that was ready
  // before it is served first.
  void wait_and_serve() {
    const bool client_slow = client_.wants_write();
    std::vector<pollfd> entries;
    const auto watch = [&](const sys::Fd& fd, short events) { entries.push_back({fd.get(), events, 0}); };
    watch(container_.init().pidfd(), POLLIN);
    watch(files_.listener, POLLIN);
    watch(client_.fd(), client_events());
    // A negative descriptor is skipped by poll(2): closed streams, and output while the client is slow.
    entries.push_back({client_slow || out_closed_ ? -1 : container_.out().get(), POLLIN, 0});
    entries.push_back({client_slow || err_closed_ ? -1 : container_.err().get(), POLLIN, 0});
    const size_t first_daemon = entries.size();
    for (const sys::Fd& daemon : daemons_) watch(daemon, POLLIN);

    if (::poll(entries.data(), entries.size(), -1) < 0)
      return;  // EINTR; nothing else can be said about these arguments
    if (entries[3].revents != 0) out_closed_ = !copy_some(container_.out(), wire::Stream::kStdout);
    if (entries[4].revents != 0) err_closed_ = !copy_some(container_.err(), wire::Stream::kStderr);
    if (entries[2].revents != 0) serve_client(entries[2].revents);
    for (size_t i = entries.size(); i-- > first_daemon;) {
      if (entries[i].revents != 0) serve_daemon(i - first_daemon);
    }
    if (entries[1].revents != 0) accept_daemon();
    if (entries[0].revents != 0) exit_code_ = container_.init().try_reap();
  }

  // False at end of file.
  bool copy_some(const sys::Fd& from, wire::Stream stream) {
    char buffer[wire::kMaxPayload];
    ssize_t got = 0;
    do {
      got = ::read(from.get(), buffer, sizeof buffer);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    const std::string_view bytes(buffer, static_cast<size_t>(got));
    files_.log.write(stream, bytes);
    client_.send(stream, bytes);
    return true;
  }

  // Stops at end of file or when the pipe is empty, for a descriptor that was passed out of the container could keep it
  // open for ever.
  void drain(const sys::Fd& from, wire::Stream stream) {
    for (;;) {
      pollfd entry{from.get(), POLLIN, 0};
      if (::poll(&entry, 1, 0) <= 0 || (entry.revents & POLLIN) == 0) return;
      if (!copy_some(from, stream)) return;
    }
  }

  void serve_client(short events) {
    if ((events & POLLOUT) != 0) client_.flush();
    if (client_.attached() && (events & POLLIN) != 0) {
      for (const int signo : client_.read_signals()) forward(signo);
    }
    if ((events & (POLLHUP | POLLERR)) != 0) client_.close();
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
      const std::optional<sys::Packet> packet = sys::receive_packet(daemons_[index]);
      if (packet) {
        const Message message = Message::parse(packet->bytes);
        if (message.type == MessageType::kSignal) forward(static_cast<int>(message.number(0)));
        return;
      }
    } catch (const Error&) {
    }
    daemons_.erase(daemons_.begin() + static_cast<std::ptrdiff_t>(index));
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
    if (out_of_memory) client_.send(wire::Stream::kOutOfMemory, {});
    const char code = static_cast<char>(*exit_code_);
    client_.send(wire::Stream::kExitStatus, std::string_view(&code, 1));
    files_.listener.reset();
    ::unlinkat(files_.directory.get(), kShimSocket, 0);
    container_.remove_cgroup();
    daemons_.clear();
    flush_client();
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

  void flush_client() {
    while (client_.attached() && client_.wants_write()) {
      pollfd entry{client_.fd().get(), POLLOUT, 0};
      if (::poll(&entry, 1, -1) < 0 && errno != EINTR) return;
      client_.flush();
    }
  }

  static void tell(const sys::Fd& daemon, const Message& message) {
    try {
      sys::send_packet(daemon, message.print());
    } catch (const Error&) {
      // It died; the exit file waits for the next one.
    }
  }

  static void wait_for_ack(const sys::Fd& daemon) {
    try {
      while (sys::wait_readable(daemon, kAckDeadline)) {
        const std::optional<sys::Packet> packet = sys::receive_packet(daemon);
        if (!packet || Message::parse(packet->bytes).type == MessageType::kAck) return;
      }
    } catch (const Error&) {
    }
  }

  Container container_;
  Files files_;
  ClientStream client_;
  std::vector<sys::Fd> daemons_;
  bool out_closed_ = false;
  bool err_closed_ = false;
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

int launch(const Message& request, sys::Packet packet, sys::Fd control) {
  const std::string& bundle = request.field(0);
  std::optional<Files> files;
  std::optional<Container> container;
  try {
    files.emplace(bundle);
    container.emplace(Container::start(bundle));
  } catch (const Error& error) {
    if (files) ::unlinkat(files->directory.get(), kShimSocket, 0);
    sys::send_packet(control, error_message(MessageType::kFailed, error).print());
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
  std::optional<sys::Packet> packet = sys::receive_packet(control);
  if (!packet) return 0;  // a ready-made shim whose daemon has gone
  const Message request = Message::parse(packet->bytes);
  if (request.type != MessageType::kLaunch) throw Error(ErrorKind::kCorrupt, "the first message is not Launch");
  return launch(request, std::move(*packet), std::move(control));
}

}  // namespace minibox::runtime::shim
