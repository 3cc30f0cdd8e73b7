#include "client/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace minibox::client {
namespace {

constexpr timeval kConnectTimeout{10, 0};

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <typename T>
Address make_address(const T& address) {
  Address result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.size = sizeof address;
  return result;
}

Address unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw Error(ErrorKind::kInvalid, "path of the socket " + quote(path) + " is longer than " +
                                         std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return make_address(address);
}

Address tcp_address(const Endpoint& endpoint) {
  const std::string host = endpoint.host == "localhost" ? "127.0.0.1" : endpoint.host;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(endpoint.port);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return make_address(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) return make_address(v6);
  throw Error(ErrorKind::kUnsupported, "host " + quote(host) + " is no numeric address")
      .with_hint("the CLI does not ask the name service: write the address, or localhost");
}

// SO_SNDTIMEO bounds connect(2) as well as writes.
void set_tcp_options(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kConnectTimeout, sizeof kConnectTimeout);
}

// The socket, or -1 with errno set.
int try_connect(const Endpoint& endpoint) {
  const Address address = endpoint.path.empty() ? tcp_address(endpoint) : unix_address(endpoint.path);
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw Error::from_errno("socket()", errno);
  if (endpoint.path.empty()) set_tcp_options(fd);
  int result = -1;
  do {
    result = ::connect(fd, address.get(), address.size);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return fd;
  const int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
  ::close(fd);
  errno = error;
  return -1;
}

Error unreachable(const Endpoint& endpoint, int errno_value) {
  const bool nobody_there = errno_value == ENOENT || errno_value == ECONNREFUSED;
  Error error = Error::from_errno(
      (nobody_there ? "daemon not running: nobody answers at " : "cannot reach the daemon at ") + endpoint.print(),
      errno_value);
  error.with_kind(ErrorKind::kUnavailable);
  if (errno_value == EACCES) return error.with_hint("the socket belongs to another user: use sudo, or set MINIBOX_API");
  return error.with_hint("start it with: sudo miniboxd; if it listens elsewhere, set MINIBOX_SOCKET or MINIBOX_API");
}

}  // namespace

Connection Connection::open(const Endpoint& endpoint) {
  const int fd = try_connect(endpoint);
  if (fd < 0) throw unreachable(endpoint, errno);
  return Connection(fd, endpoint);
}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

void Connection::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      throw Error::from_errno("connection to the daemon at " + endpoint_.print(), errno)
          .with_kind(ErrorKind::kUnavailable);
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void Connection::wait_readable() {
  pollfd waiting{fd_, POLLIN, 0};
  for (;;) {
    const std::int64_t left_us = deadline_us_ - monotonic_us();
    if (left_us <= 0) {
      throw Error(ErrorKind::kTimeout, "the daemon at " + endpoint_.print() + " did not answer in time");
    }
    const int ready = ::poll(&waiting, 1, static_cast<int>(left_us / 1000 + 1));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) throw Error::from_errno("poll()", errno);
  }
}

size_t Connection::read_some(char* buffer, size_t size) {
  if (deadline_us_ != 0) wait_readable();
  ssize_t got = -1;
  do {
    got = ::recv(fd_, buffer, size, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    throw Error::from_errno("connection to the daemon at " + endpoint_.print(), errno)
        .with_kind(ErrorKind::kUnavailable);
  }
  return static_cast<size_t>(got);
}

}  // namespace minibox::client
