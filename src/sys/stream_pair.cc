#include "sys/stream_pair.h"

#include <sys/socket.h>

#include <cerrno>

#include "base/error.h"

namespace minibox::sys {

std::pair<Fd, Fd> make_stream_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error::from_errno("socketpair(SOCK_STREAM)", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace minibox::sys
