#include "cli/build_log.h"

#include <utility>

namespace minibox::cli {

std::string BuildLogPainter::paint(std::string_view bytes) {
  if (!style_.colour) return std::string(bytes);
  std::string out;
  unfinished_ += bytes;
  size_t start = 0;
  for (size_t end = unfinished_.find('\n'); end != std::string::npos; end = unfinished_.find('\n', start)) {
    out += paint_line(std::string_view(unfinished_).substr(start, end - start)) + "\n";
    start = end + 1;
  }
  unfinished_.erase(0, start);
  return out;
}

std::string BuildLogPainter::rest() {
  return paint_line(std::exchange(unfinished_, {}));
}

std::string BuildLogPainter::paint_line(std::string_view line) const {
  const size_t close = line.find(']');
  if (line.substr(0, 1) != "[" || close == std::string_view::npos) return std::string(line);
  return style_.bold_cyan(line.substr(0, close + 1)) + std::string(line.substr(close + 1));
}

}  // namespace minibox::cli
