#include "sys/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.h"

namespace minibox::sys {

void Fd::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Fd::close() {
  const int fd = std::exchange(fd_, -1);
  // EINTR is not retried: on Linux the descriptor is gone either way (close(2)).
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) throw Error::from_errno("close()", errno);
}

Fd Fd::duplicate() const {
  const int copy = ::fcntl(fd_, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw Error::from_errno("fcntl(F_DUPFD_CLOEXEC)", errno);
  return Fd(copy);
}

Fd duplicate_stderr() {
  const int copy = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw Error::from_errno("fcntl(stderr, F_DUPFD_CLOEXEC)", errno);
  return Fd(copy);
}

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error::from_errno("pipe2()", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

void set_nonblocking(const Fd& fd, bool on) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) != 0) {
    throw Error::from_errno("fcntl(O_NONBLOCK)", errno);
  }
}

void set_cloexec(const Fd& fd, bool on) {
  if (::fcntl(fd.get(), F_SETFD, on ? FD_CLOEXEC : 0) != 0) throw Error::from_errno("fcntl(FD_CLOEXEC)", errno);
}

}  // namespace minibox::sys
