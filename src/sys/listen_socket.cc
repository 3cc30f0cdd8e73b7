#include "sys/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <typename T>
SocketAddress to_address(const T& address) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.size = sizeof address;
  return result;
}

SocketAddress resolve(const TcpAddress& address) {
  const std::string host = address.host.empty() ? "0.0.0.0" : address.host;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return to_address(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) return to_address(v6);
  throw Error(ErrorKind::kInvalid, "listen address " + quote(host) + " is no numeric address");
}

SocketAddress unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw Error(ErrorKind::kInvalid, "path of the socket " + quote(path) + " must have 1 to " +
                                         std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return to_address(address);
}

Fd make_socket(int family) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) throw Error::from_errno("socket()", errno);
  return fd;
}

// True when the file of a dead server may go. A connect(2) that succeeds or would block means a live one.
bool is_stale(const std::string& path, const SocketAddress& address) {
  const auto info = try_lstat(path);
  if (!info) return false;
  if (!S_ISSOCK(info->st_mode)) {
    throw Error(ErrorKind::kExists, quote(path) + " exists and is no socket")
        .with_hint("remove it, or set MINIBOX_SOCKET to another path");
  }
  const Fd probe = make_socket(AF_UNIX);
  if (::connect(probe.get(), address.get(), address.size) == 0 || errno == EAGAIN) {
    throw Error(ErrorKind::kExists, "another daemon answers at " + quote(path))
        .with_hint("stop it first, or set MINIBOX_SOCKET to another path");
  }
  if (errno == ECONNREFUSED) return true;
  if (errno == ENOENT) return false;
  throw Error::from_errno("connect('" + path + "')", errno);
}

void make_parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash != 0) make_dirs(path.substr(0, slash), 0755);
}

}  // namespace

bool TcpAddress::is_loopback() const {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string TcpAddress::print() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

TcpAddress parse_tcp_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : parse_int(text.substr(colon + 1), 0, 65535);
  if (!port || !is_digits(text.substr(colon + 1))) {
    throw Error(ErrorKind::kInvalid, "listen address " + quote(text) + " must be ADDRESS:PORT");
  }
  TcpAddress address{text.substr(0, colon), static_cast<std::uint16_t>(*port)};
  if (address.host == "localhost") address.host = "127.0.0.1";
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  resolve(address);
  return address;
}

Fd listen_tcp(const TcpAddress& address, int backlog) {
  const SocketAddress resolved = resolve(address);
  Fd fd = make_socket(resolved.storage.ss_family);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), resolved.get(), resolved.size) != 0 || ::listen(fd.get(), backlog) != 0) {
    throw Error::from_errno("listen on " + address.print(), errno);
  }
  return fd;
}

std::uint16_t local_port(const Fd& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    throw Error::from_errno("getsockname()", errno);
  }
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

Fd listen_unix(const std::string& path, mode_t mode, int backlog) {
  const SocketAddress address = unix_address(path);
  make_parent(path);
  if (is_stale(path, address)) remove_file(path);
  Fd fd = make_socket(AF_UNIX);
  // The mode of the socket's inode becomes that of the file that bind(2) makes: no moment with a wider one, and no
  // umask(2), which is the whole process's. The umask can only narrow it.
  if (::fchmod(fd.get(), mode) != 0) throw Error::from_errno("fchmod(socket)", errno);
  if (::bind(fd.get(), address.get(), address.size) != 0) throw Error::from_errno("bind('" + path + "')", errno);
  if (::listen(fd.get(), backlog) != 0) throw Error::from_errno("listen('" + path + "')", errno);
  return fd;
}

}  // namespace minibox::sys
