#include "runtime/shim/relay.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "base/error.h"
#include "sys/file.h"

namespace minibox::runtime::shim {

namespace {

constexpr std::int64_t kStall = 10'000'000;  // us

}  // namespace

Relay::Relay(StdioEnds ends, std::optional<LogWriter> log, ClientStream starter)
    : ends_(std::move(ends)), log_(std::move(log)), has_starter_(starter.attached()) {
  clients_.push_back(std::move(starter));
  for (const sys::Fd* fd : {&ends_.in, &ends_.out, &ends_.err}) {
    if (*fd) sys::set_nonblocking(*fd, true);
  }
}

void Relay::attach(ClientStream client) {
  clients_.push_back(std::move(client));
}

bool Relay::anybody_waits() const {
  return std::any_of(clients_.begin(), clients_.end(), [](const ClientStream& client) { return client.wants_write(); });
}

void Relay::watch(sys::PollSet& set) {
  const bool slow = anybody_waits();
  out_at_ = set.add(ends_.out, POLLIN, !slow);
  err_at_ = set.add(ends_.err, POLLIN, !slow);
  const bool has_input =
      std::any_of(clients_.begin(), clients_.end(), [](const ClientStream& client) { return !client.input().empty(); });
  // Also without input: that nobody reads a pipe any more shows as POLLERR.
  in_at_ = set.add(input(), has_input ? POLLOUT : 0, has_input || !ends_.terminal);
  clients_at_.clear();
  for (const ClientStream& client : clients_) {
    const int events = (client.wants_read() ? POLLIN : 0) | (client.wants_write() ? POLLOUT : 0);
    clients_at_.push_back(set.add(client.fd(), static_cast<short>(events)));
  }
}

int Relay::timeout_ms() const {
  std::int64_t left = -1;
  for (size_t i = 1; i < clients_.size(); ++i) {
    if (!clients_[i].wants_write()) continue;
    const std::int64_t its = std::max<std::int64_t>(0, clients_[i].waiting_since() + kStall - monotonic_us());
    left = left < 0 ? its : std::min(left, its);
  }
  return left < 0 ? -1 : static_cast<int>(left / 1000 + 1);
}

void Relay::drop_stalled() {
  for (size_t i = 1; i < clients_.size(); ++i) {
    if (clients_[i].wants_write() && clients_[i].waiting_since() + kStall <= monotonic_us()) clients_[i].close();
  }
}

std::vector<int> Relay::serve(const sys::PollSet& set) {
  std::vector<int> signals;
  if (set.ready(out_at_) != 0 && !copy_some(ends_.out, wire::Stream::kStdout)) ends_.out.reset();
  if (set.ready(err_at_) != 0 && !copy_some(ends_.err, wire::Stream::kStderr)) ends_.err.reset();
  for (size_t i = 0; i < clients_at_.size(); ++i) {
    if (set.ready(clients_at_[i]) != 0) serve_client(clients_[i], set.ready(clients_at_[i]), signals);
  }
  if (!ends_.terminal && (set.ready(in_at_) & POLLERR) != 0) ends_.in.reset();
  feed();
  drop_stalled();
  for (size_t i = clients_.size(); i-- > 1;) {
    if (!clients_[i].attached()) clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return signals;
}

// Empty at end of file, which a terminal tells by EIO; 0 when there is nothing to read.
std::optional<size_t> Relay::copy_some(const sys::Fd& from, wire::Stream stream) {
  char buffer[wire::kMaxPayload];
  ssize_t got = 0;
  do {
    got = ::read(from.get(), buffer, sizeof buffer);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0) return std::nullopt;
  const std::string_view bytes(buffer, static_cast<size_t>(got));
  if (log_) log_->write(stream, bytes);
  for (ClientStream& client : clients_) client.send(stream, bytes);
  return bytes.size();
}

void Relay::serve_client(ClientStream& client, short events, std::vector<int>& signals) {
  if ((events & POLLOUT) != 0) client.flush();
  if (client.attached() && (events & POLLIN) != 0) {
    const Wishes wishes = client.receive();
    signals.insert(signals.end(), wishes.signals.begin(), wishes.signals.end());
    if (wishes.size && ends_.terminal && ends_.out) resize(*wishes.size);
  }
  if ((events & (POLLHUP | POLLERR)) != 0) client.close();
}

// The kernel tells the program (SIGWINCH).
void Relay::resize(std::uint32_t size) {
  winsize window{};
  window.ws_row = static_cast<unsigned short>(size >> 16);
  window.ws_col = static_cast<unsigned short>(size & 0xffff);
  ::ioctl(ends_.out.get(), TIOCSWINSZ, &window);
}

void Relay::feed() {
  for (ClientStream& client : clients_) feed_from(client);
  const ClientStream& starter = clients_.front();
  if (has_starter_ && (!starter.attached() || starter.input_ended())) ends_.in.reset();
}

// What no program reads is taken all the same, so that the client does not wait for ever.
void Relay::feed_from(ClientStream& client) {
  while (!client.input().empty()) {
    const std::string& waiting = client.input();
    const ssize_t put = input() ? ::write(input().get(), waiting.data(), waiting.size()) : 0;
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) ends_.in.reset();
    client.input_taken(put > 0 ? static_cast<size_t>(put) : waiting.size());
  }
}

void Relay::drain() {
  drain(ends_.out, wire::Stream::kStdout);
  drain(ends_.err, wire::Stream::kStderr);
}

// At most what a pipe can hold (pipe(7)): who has inherited the descriptor may go on writing for ever.
void Relay::drain(const sys::Fd& from, wire::Stream stream) {
  constexpr size_t kMostInAPipe = 1 << 20;
  for (size_t copied = 0; from && copied < kMostInAPipe;) {
    const std::optional<size_t> size = copy_some(from, stream);
    if (!size || *size == 0) return;
    copied += *size;
  }
}

void Relay::send_exit(int exit_code, bool out_of_memory) {
  const char code = static_cast<char>(exit_code);
  for (ClientStream& client : clients_) {
    if (out_of_memory) client.send(wire::Stream::kOutOfMemory, {});
    client.send(wire::Stream::kExitStatus, std::string_view(&code, 1));
  }
}

void Relay::flush() {
  while (anybody_waits()) {
    sys::PollSet set;
    for (const ClientStream& client : clients_) set.add(client.fd(), POLLOUT, client.wants_write());
    if (!set.wait(timeout_ms())) drop_stalled();
    for (ClientStream& client : clients_) client.flush();
  }
}

}  // namespace minibox::runtime::shim
