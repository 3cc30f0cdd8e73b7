#include "cli/terminal.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace minibox::cli {
namespace {

std::string painted(bool colour, const char* code, std::string_view text) {
  if (!colour) return std::string(text);
  return std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m";
}

bool continues_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string Style::bold(std::string_view text) const {
  return painted(colour, "1", text);
}
std::string Style::green(std::string_view text) const {
  return painted(colour, "32", text);
}
std::string Style::red(std::string_view text) const {
  return painted(colour, "31", text);
}
std::string Style::cyan(std::string_view text) const {
  return painted(colour, "36", text);
}
std::string Style::bold_cyan(std::string_view text) const {
  return painted(colour, "1;36", text);
}
std::string Style::bold_red(std::string_view text) const {
  return painted(colour, "1;31", text);
}

Style style_of(int stream, const client::Environment& environment) {
  const bool plain = !environment("NO_COLOR").empty() || !environment("MINIBOX_PLAIN").empty();
  return {!plain && ::isatty(stream) == 1};
}

std::string ok_line(const Style& style, std::string_view text) {
  return style.green("OK") + "  " + std::string(text) + "\n";
}

std::string info_line(const Style& style, std::string_view text) {
  return style.cyan("..") + "  " + std::string(text) + "\n";
}

void write_to(int stream, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(stream, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {  // somebody made the shared terminal or pipe non-blocking
      pollfd waiting{stream, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      throw Error::from_errno(stream == STDOUT_FILENO ? "write to stdout" : "write to stderr", errno);
    }
  }
}

void write_out(std::string_view text) {
  write_to(STDOUT_FILENO, text);
}

void write_err(std::string_view text) {
  write_to(STDERR_FILENO, text);
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  // C1 controls (U+0080 to U+009F, in UTF-8 0xc2 0x80 to 0xc2 0x9f) work like ESC sequences on some terminals.
  for (size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i] == '\xc2' && static_cast<unsigned char>(out[i + 1]) < 0xa0) out.replace(i, 2, "?");
  }
  return out;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += continues_code_point(c) ? 0 : 1;
  return width;
}

std::string cut_to_width(std::string_view text, size_t width) {
  size_t end = 0;
  for (size_t seen = 0; end < text.size(); ++end) {
    if (!continues_code_point(text[end]) && ++seen > width) break;
  }
  return std::string(text.substr(0, end));
}

}  // namespace minibox::cli
