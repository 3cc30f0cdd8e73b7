#include "sys/instance.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/error.h"

namespace minibox::sys {

bool try_lock(const Fd& fd) {
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  throw Error::from_errno("flock()", errno);
}

Fd try_claim_name(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() + 1 > sizeof address.sun_path) throw Error(ErrorKind::kInvalid, "name '" + name + "' is too long");
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw Error::from_errno("socket(AF_UNIX)", errno);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return socket;
  if (errno == EADDRINUSE) return {};
  throw Error::from_errno("bind('@" + name + "')", errno);
}

}  // namespace minibox::sys
