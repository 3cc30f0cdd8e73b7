#include "api/log_format.h"

#include <algorithm>

#include "base/clock.h"

namespace minibox::api {

void LogFormat::add(const engine::LogPiece& piece) {
  if (piece.bytes.empty()) return;
  const std::string timed = timestamps_ ? with_times(piece) : std::string();
  std::string_view bytes = timestamps_ ? timed : piece.bytes;
  if (!framed_) {
    text_ += bytes;
    return;
  }
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), wire::kMaxPayload)))
    text_ += wire::print_frame(piece.stream, bytes.substr(0, wire::kMaxPayload));
}

// A line's time is that of its first byte. Unknown times (the index was damaged) are the beginning of 1970.
std::string LogFormat::with_times(const engine::LogPiece& piece) {
  const std::string time = format_rfc3339(piece.time_ns) + " ";
  bool& in_line = in_line_[piece.stream == wire::Stream::kStderr ? 1 : 0];
  std::string text;
  for (std::string_view rest = piece.bytes; !rest.empty();) {
    if (!in_line) text += time;
    const size_t newline = rest.find('\n');
    in_line = newline == std::string_view::npos;
    const size_t size = in_line ? rest.size() : newline + 1;
    text += rest.substr(0, size);
    rest.remove_prefix(size);
  }
  return text;
}

}  // namespace minibox::api
