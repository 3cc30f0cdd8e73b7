#include "cli/password.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"
#include "cli/local_file.h"

namespace minibox::cli {
namespace {

constexpr size_t kMaxPassword = 64u << 10;

LocalFile open_terminal() {
  LocalFile terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal.valid()) return terminal;
  throw Error(ErrorKind::kInvalid, "there is no terminal to ask at")
      .with_hint("minibox login -u USER --password-stdin [REGISTRY]")
      .with_exit_code(2);
}

std::string read_line(const LocalFile& terminal) {
  std::string line;
  char c = 0;
  while (line.size() < kMaxPassword && terminal.read(&c, 1) == 1 && c != '\n') line += c;
  return line;
}

// Echo is off while one lives. Signals end us as ever: a shell puts its terminal right.
class NoEcho {
 public:
  explicit NoEcho(const LocalFile& terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_.fd(), &before_) != 0) throw Error::from_errno("tcgetattr('/dev/tty')", errno);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (::tcsetattr(terminal_.fd(), TCSAFLUSH, &quiet) != 0) throw Error::from_errno("tcsetattr('/dev/tty')", errno);
  }
  ~NoEcho() { ::tcsetattr(terminal_.fd(), TCSAFLUSH, &before_); }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  const LocalFile& terminal_;
  termios before_{};
};

}  // namespace

std::string read_password_from_stdin() {
  const LocalFile input(::dup(STDIN_FILENO));
  std::string password;
  std::array<char, 4096> buffer{};
  while (const size_t got = input.read(buffer.data(), buffer.size())) {
    password.append(buffer.data(), got);
    if (password.size() > kMaxPassword) throw Error(ErrorKind::kInvalid, "the password is longer than 64 KiB");
  }
  if (password.ends_with('\n')) password.pop_back();
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

std::string ask(const std::string& question) {
  const LocalFile terminal = open_terminal();
  terminal.write(question);
  return read_line(terminal);
}

std::string ask_secret(const std::string& question) {
  const LocalFile terminal = open_terminal();
  const NoEcho quiet(terminal);
  terminal.write(question);
  std::string secret = read_line(terminal);
  terminal.write("\n");
  return secret;
}

}  // namespace minibox::cli
