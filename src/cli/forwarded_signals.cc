#include "cli/forwarded_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace minibox::cli {

ForwardedSignals::ForwardedSignals() {
  sigemptyset(&set_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) sigaddset(&set_, number);
  if (::sigprocmask(SIG_BLOCK, &set_, nullptr) != 0) throw Error::from_errno("sigprocmask()", errno);
  std::signal(SIGPIPE, SIG_IGN);
  fd_ = ::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw Error::from_errno("signalfd()", errno);
}

void ForwardedSignals::add_terminal_signals() {
  sigaddset(&set_, SIGWINCH);
  sigaddset(&set_, SIGCONT);
  if (::sigprocmask(SIG_BLOCK, &set_, nullptr) != 0) throw Error::from_errno("sigprocmask()", errno);
  if (::signalfd(fd_, &set_, 0) < 0) throw Error::from_errno("signalfd()", errno);
}

ForwardedSignals::~ForwardedSignals() {
  ::close(fd_);
}

std::optional<int> ForwardedSignals::next() {
  signalfd_siginfo info{};
  if (::read(fd_, &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace minibox::cli
