// Our own terminal while it stands for a program's: in raw mode, so that every key goes to the program as a byte, and
// restored when the object goes, whatever the way.
#pragma once

#include <termios.h>

#include <cstdint>
#include <optional>

namespace minibox::cli {

class RawTerminal {
 public:
  RawTerminal();  // of stdin; Error when that is no terminal
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  void set_raw() const;  // again, after a stop

 private:
  termios before_{};
};

// Rows and columns of the terminal that is our stdin or stdout.
struct TerminalSize {
  std::uint16_t rows = 0;
  std::uint16_t columns = 0;
};
std::optional<TerminalSize> terminal_size();

}  // namespace minibox::cli
