#include "runtime/shim_client.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/bundle.h"
#include "sys/file.h"
#include "sys/memory_file.h"
#include "sys/poll_set.h"
#include "sys/seqpacket.h"

namespace minibox::runtime {
namespace {

constexpr std::chrono::seconds kStartDeadline{60};
constexpr std::chrono::seconds kExecDeadline{10};  // the container is there; what takes longer is stopped from inside
constexpr std::chrono::seconds kReleaseDeadline{10};

// glibc's cache of freed pieces would keep a page each from malloc_trim(3): 40 kB of each shim and each init.
constexpr char kGiveBackAll[] = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0";

Started parse_started(const Message& message) {
  Started started;
  started.pid = static_cast<int>(message.number(0));
  for (size_t i = 1; i + 1 < message.fields.size(); i += 2) {
    const std::string& name = message.field(i);  // "shim: read config.json"
    const size_t colon = name.find(": ");
    started.steps.push_back({name.substr(0, colon), name.substr(colon + 2), message.number(i + 1)});
  }
  return started;
}

std::string flag(bool value) {
  return value ? "1" : "0";
}

}  // namespace

Shim::~Shim() {
  // A shim that runs a container outlives us; one that only waits ends when its socket closes. Either way it is not
  // ours to kill, and an unreaped child of a daemon that ends is reaped by init.
  process_.release();
}

Shim Shim::spawn(const sys::Fd& program) {
  auto [mine, theirs] = sys::make_socket_pair();
  Shim shim;
  // Not /proc/self: in the new process the descriptor is closed already.
  const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(program.get());
  shim.process_ = sys::spawn(path, {"minibox-shim"}, {kGiveBackAll}, theirs);
  shim.socket_ = std::move(mine);
  return shim;
}

std::optional<std::pair<Shim, Started>> Shim::adopt(const std::string& bundle) {
  try {
    Shim shim;
    shim.socket_ = sys::connect_to(sys::open_dir(bundle), kShimSocket);
    if (!sys::wait_readable(shim.socket_, kStartDeadline)) return std::nullopt;
    std::optional<sys::Packet> packet = sys::receive_packet(shim.socket_);
    if (!packet) return std::nullopt;
    const Message message = Message::parse(packet->bytes);
    if (message.type != MessageType::kStarted || packet->fds.empty()) return std::nullopt;
    shim.init_ = std::move(packet->fds[0]);
    return std::make_pair(std::move(shim), parse_started(message));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound || error.kind() == ErrorKind::kUnavailable) return std::nullopt;
    throw;
  }
}

// Nothing when the shim has died. A set-up that hangs holds a copy of the shim's socket: its end says nothing.
std::optional<sys::Packet> Shim::await_answer(std::chrono::seconds deadline) {
  const std::int64_t end = monotonic_us() + std::chrono::microseconds(deadline).count();
  sys::PollSet set;
  const size_t answer = set.add(socket_, POLLIN);
  if (process_.valid()) set.add(process_.pidfd(), POLLIN);
  while (!set.wait(static_cast<int>(std::max<std::int64_t>(end - monotonic_us(), 0) / 1000))) {
    if (monotonic_us() + 1000 < end) continue;  // interrupted
    process_.kill_and_reap();
    throw Error(ErrorKind::kTimeout,
                "the shim did not start the program within " + std::to_string(deadline.count()) + " s");
  }
  // Looked at again: it may have answered just before it died.
  if (set.ready(answer) == 0 && !sys::wait_readable(socket_, std::chrono::milliseconds(0))) return std::nullopt;
  return sys::receive_packet(socket_);
}

// Started, or the Error that it failed with.
sys::Packet Shim::await_start(std::chrono::seconds deadline) {
  std::optional<sys::Packet> packet = await_answer(deadline);
  if (!packet) {
    const int status = process_.valid() ? process_.try_reap(true).value_or(0) : 0;
    throw Error(ErrorKind::kInternal, status > 128 ? "the shim died: signal " + std::to_string(status - 128)
                                                   : "the shim ended without a word, status " + std::to_string(status));
  }
  const Message answer = Message::parse(packet->bytes);
  if (answer.type == MessageType::kFailed) {
    if (process_.valid()) process_.try_reap(true);
    throw error_from(answer);
  }
  return std::move(*packet);
}

Started Shim::launch(Launch request) {
  const Message message{MessageType::kLaunch,
                        {request.bundle, flag(request.framed), request.preamble, flag(request.timing),
                         request.daemon_steps, flag(request.input)}};
  std::vector<int> fds;
  if (request.client) fds.push_back(request.client.get());
  sys::send_packet(socket_, message.print(), fds);
  sys::Packet packet = await_start(kStartDeadline);
  if (packet.fds.empty()) throw Error(ErrorKind::kCorrupt, "shim protocol: Started without the init");
  init_ = std::move(packet.fds[0]);
  return parse_started(Message::parse(packet.bytes));
}

void Shim::exec(Exec request) {
  const Message message{MessageType::kExec, {flag(request.framed), request.preamble, flag(request.input)}};
  const sys::Fd spec = sys::make_memory_file("minibox-exec", request.spec);
  std::vector<int> fds = {request.init.get(), spec.get()};
  if (request.client) fds.push_back(request.client.get());
  sys::send_packet(socket_, message.print(), fds);
  await_start(kExecDeadline);
}

void Shim::probe(const Probe& request) {
  const sys::Fd spec = sys::make_memory_file("minibox-exec", request.spec);
  const Message message{MessageType::kProbe, {std::to_string(request.timeout.count())}};
  sys::send_packet(socket_, message.print(), {request.init.get(), spec.get()});
}

Probed Shim::receive_probed() {
  const std::optional<sys::Packet> packet = sys::receive_packet(socket_);
  if (!packet) return {.output = "the probe's shim died"};
  const Message message = Message::parse(packet->bytes);
  if (message.type == MessageType::kFailed) return {.output = error_from(message).text().substr(0, kMaxProbeOutput)};
  if (message.type != MessageType::kExited) throw Error(ErrorKind::kCorrupt, "shim protocol: Exited expected");
  return {static_cast<int>(message.number(0)), message.field(3) == "1", message.field(4)};
}

void Shim::cancel_probe() const noexcept {
  ::shutdown(socket_.get(), SHUT_WR);
}

void Shim::signal(int signo) const noexcept {
  try {
    sys::send_packet(socket_, Message{MessageType::kSignal, {std::to_string(signo)}}.print());
  } catch (const Error&) {  // EPIPE: the shim has gone, and the container before it
  }
}

void Shim::attach(sys::Fd client, const std::string& preamble, bool framed) const {
  sys::send_packet(socket_, Message{MessageType::kAttach, {flag(framed), preamble}}.print(), {client.get()});
}

std::optional<Exited> Shim::receive_exit() {
  const std::optional<sys::Packet> packet = sys::receive_packet(socket_);
  if (!packet) return std::nullopt;
  const Message message = Message::parse(packet->bytes);
  if (message.type != MessageType::kExited) throw Error(ErrorKind::kCorrupt, "shim protocol: Exited expected");
  return Exited{static_cast<int>(message.number(0)), message.field(1) == "1", message.field(2)};
}

void Shim::acknowledge() noexcept {
  try {
    sys::send_packet(socket_, Message{MessageType::kAck, {}}.print());
  } catch (const Error&) {  // we were late and it went on without us
  }
}

void Shim::end_unused() {
  socket_.reset();
  if (process_.valid()) process_.try_reap(true);
}

void Shim::wait_until_released() {
  while (sys::wait_readable(socket_, kReleaseDeadline)) {
    if (!sys::receive_packet(socket_)) return;
  }
}

bool Shim::try_reap() {
  return !process_.valid() || process_.try_reap(false).has_value();
}

bool Shim::usable() const {
  return !sys::wait_readable(process_.pidfd(), std::chrono::milliseconds(0));
}

}  // namespace minibox::runtime
