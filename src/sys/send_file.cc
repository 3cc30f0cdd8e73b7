#include "sys/send_file.h"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace minibox::sys {
namespace {

void wait_writable(const Fd& socket, std::chrono::milliseconds patience) {
  pollfd waiting{socket.get(), POLLOUT, 0};
  const int ready = ::poll(&waiting, 1, static_cast<int>(patience.count()));
  if (ready < 0 && errno != EINTR) throw Error::from_errno("poll()", errno);
  if (ready == 0) throw Error(ErrorKind::kTimeout, "the client reads nothing");
}

// After a call that wrote nothing.
void wait_or_throw(const Fd& socket, const char* call, std::chrono::milliseconds patience) {
  if (errno == EAGAIN) return wait_writable(socket, patience);
  if (errno == EPIPE || errno == ECONNRESET) throw Error(ErrorKind::kCancelled, "the client has left");
  if (errno != EINTR) throw Error::from_errno(call, errno);
}

}  // namespace

void send_all(const Fd& socket, std::string_view bytes, std::chrono::milliseconds patience) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      wait_or_throw(socket, "send()", patience);
    } else {
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
}

void send_file(const Fd& socket, const Fd& file, std::uint64_t size, std::chrono::milliseconds patience) {
  constexpr std::uint64_t kPiece = 1u << 30;
  off_t at = 0;
  while (static_cast<std::uint64_t>(at) < size) {
    const std::uint64_t left = size - static_cast<std::uint64_t>(at);
    const ssize_t sent = ::sendfile(socket.get(), file.get(), &at, static_cast<size_t>(std::min(left, kPiece)));
    if (sent == 0) throw Error(ErrorKind::kCorrupt, "a file became shorter while it was sent");
    if (sent < 0) wait_or_throw(socket, "sendfile()", patience);
  }
}

}  // namespace minibox::sys
