#include "cli/raw_terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace minibox::cli {

RawTerminal::RawTerminal() {
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) throw Error::from_errno("tcgetattr(stdin)", errno);
  set_raw();
}

RawTerminal::~RawTerminal() {
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

void RawTerminal::set_raw() const {
  termios raw = before_;
  ::cfmakeraw(&raw);
  if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0) throw Error::from_errno("tcsetattr(stdin)", errno);
}

std::optional<TerminalSize> terminal_size() {
  winsize size{};
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) {
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row != 0) return TerminalSize{size.ws_row, size.ws_col};
  }
  return std::nullopt;
}

}  // namespace minibox::cli
