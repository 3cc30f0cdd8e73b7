#include "runtime/shim/relay.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::runtime::shim {

Relay::Relay(StdioEnds ends, sys::Fd log, ClientStream client)
    : ends_(std::move(ends)), log_(std::move(log)), client_(std::move(client)) {
  for (const sys::Fd* fd : {&ends_.in, &ends_.out, &ends_.err}) {
    if (*fd) sys::set_nonblocking(*fd, true);
  }
}

void Relay::watch(sys::PollSet& set) {
  const bool slow = client_.wants_write();
  out_at_ = set.add(ends_.out, POLLIN, !slow);
  err_at_ = set.add(ends_.err, POLLIN, !slow);
  // Also without input: that nobody reads a pipe any more shows as POLLERR.
  const bool has_input = !client_.input().empty();
  in_at_ = set.add(input(), has_input ? POLLOUT : 0, has_input || !ends_.terminal);
  client_at_ = set.add(client_.fd(), static_cast<short>((client_.wants_read() ? POLLIN : 0) | (slow ? POLLOUT : 0)));
}

std::vector<int> Relay::serve(const sys::PollSet& set) {
  std::vector<int> signals;
  if (set.ready(out_at_) != 0 && !copy_some(ends_.out, wire::Stream::kStdout)) ends_.out.reset();
  if (set.ready(err_at_) != 0 && !copy_some(ends_.err, wire::Stream::kStderr)) ends_.err.reset();
  if (set.ready(client_at_) != 0) serve_client(set.ready(client_at_), signals);
  if (!ends_.terminal && (set.ready(in_at_) & POLLERR) != 0) ends_.in.reset();
  feed();
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
  if (log_) write_log(bytes);
  client_.send(stream, bytes);
  return bytes.size();
}

// A full disk does not stop the container; the log says what it lacks as soon as there is room to say it.
void Relay::write_log(std::string_view bytes) {
  try {
    if (log_cut_) sys::write_all(log_, "\n[minibox: output is missing here: the disk was full]\n", kLogFile);
    log_cut_ = false;
    sys::write_all(log_, bytes, kLogFile);
  } catch (const Error&) {
    log_cut_ = true;
  }
}

void Relay::serve_client(short events, std::vector<int>& signals) {
  if ((events & POLLOUT) != 0) client_.flush();
  if (client_.attached() && (events & POLLIN) != 0) {
    Wishes wishes = client_.receive();
    signals = std::move(wishes.signals);
    if (wishes.size && ends_.terminal && ends_.out) resize(*wishes.size);
  }
  if ((events & (POLLHUP | POLLERR)) != 0) client_.close();
}

// The kernel tells the program (SIGWINCH).
void Relay::resize(std::uint32_t size) {
  winsize window{};
  window.ws_row = static_cast<unsigned short>(size >> 16);
  window.ws_col = static_cast<unsigned short>(size & 0xffff);
  ::ioctl(ends_.out.get(), TIOCSWINSZ, &window);
}

// What no program reads is taken all the same, so that the client does not wait for ever.
void Relay::feed() {
  while (!client_.input().empty()) {
    const std::string& waiting = client_.input();
    const ssize_t put = input() ? ::write(input().get(), waiting.data(), waiting.size()) : 0;
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) ends_.in.reset();
    client_.input_taken(put > 0 ? static_cast<size_t>(put) : waiting.size());
  }
  if (!client_.attached() || client_.input_ended()) ends_.in.reset();
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

void Relay::send_exit(int exit_code) {
  const char code = static_cast<char>(exit_code);
  client_.send(wire::Stream::kExitStatus, std::string_view(&code, 1));
}

void Relay::flush() {
  while (client_.attached() && client_.wants_write()) {
    sys::PollSet set;
    set.add(client_.fd(), POLLOUT);
    if (set.wait(-1)) client_.flush();
  }
}

}  // namespace minibox::runtime::shim
