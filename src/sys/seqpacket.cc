#include "sys/seqpacket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "base/error.h"

namespace minibox::sys {
namespace {

sockaddr_un address_in(const Fd& dir, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(dir.get()) + "/" + name;
  if (path.size() >= sizeof address.sun_path)
    throw Error(ErrorKind::kInvalid, "socket name '" + name + "' is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Fd make_socket() {
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) throw Error::from_errno("socket(AF_UNIX, SOCK_SEQPACKET)", errno);
  return socket;
}

std::vector<Fd> take_fds(msghdr& message) {
  std::vector<Fd> fds;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return fds;
}

// Of the message that comes next, or 0 at the end: room for the largest one would be 16 pages that a fresh process has
// to be given first.
size_t next_size(const Fd& socket) {
  ssize_t size = 0;
  do {
    size = ::recv(socket.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno != ECONNRESET) throw Error::from_errno("recv()", errno);
  return size < 0 ? 0 : std::min(static_cast<size_t>(size), kMaxMessage);
}

}  // namespace

std::pair<Fd, Fd> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error::from_errno("socketpair()", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

Fd listen_at(const Fd& dir, const std::string& name) {
  Fd socket = make_socket();
  const sockaddr_un address = address_in(dir, name);
  ::unlinkat(dir.get(), name.c_str(), 0);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw Error::from_errno("bind('" + name + "')", errno);
  }
  if (::listen(socket.get(), 8) != 0) throw Error::from_errno("listen('" + name + "')", errno);
  return socket;
}

Fd connect_to(const Fd& dir, const std::string& name) {
  Fd socket = make_socket();
  const sockaddr_un address = address_in(dir, name);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw Error::from_errno("connect('" + name + "')", errno);
  }
  return socket;
}

Fd accept_one(const Fd& listener) {
  int fd = -1;
  do {
    fd = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) throw Error::from_errno("accept4()", errno);
  return Fd(fd);
}

void send_packet(const Fd& socket, const std::string& bytes, const std::vector<int>& fds) {
  if (bytes.size() > kMaxMessage || fds.size() > kMaxPassedFds) {
    throw Error(ErrorKind::kInvalid, "message of " + std::to_string(bytes.size()) + " bytes and " +
                                         std::to_string(fds.size()) + " descriptors is too large");
  }
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  std::vector<char> control(CMSG_SPACE(sizeof(int) * fds.size()));
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(rights), fds.data(), sizeof(int) * fds.size());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) throw Error::from_errno("sendmsg()", errno);
}

std::optional<Packet> receive_packet(const Fd& socket) {
  Packet packet;
  packet.bytes.resize(next_size(socket));
  std::vector<char> control(CMSG_SPACE(sizeof(int) * kMaxPassedFds));
  iovec part{packet.bytes.data(), packet.bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno != ECONNRESET) throw Error::from_errno("recvmsg()", errno);
  packet.fds = take_fds(message);
  if (got <= 0) return std::nullopt;
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    throw Error(ErrorKind::kInternal, "a message was cut by the kernel");
  packet.bytes.resize(static_cast<size_t>(got));
  return packet;
}

bool wait_readable(const Fd& fd, std::chrono::milliseconds deadline) {
  const std::int64_t end = monotonic_us() + deadline.count() * 1000;
  pollfd entry{fd.get(), POLLIN, 0};
  for (;;) {
    const std::int64_t left_ms = (end - monotonic_us() + 999) / 1000;
    const int ready = ::poll(&entry, 1, left_ms < 0 ? 0 : static_cast<int>(left_ms));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw Error::from_errno("poll()", errno);
  }
}

}  // namespace minibox::sys
