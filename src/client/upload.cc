#include "client/upload.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/error.h"
#include "wire/error_body.h"

namespace minibox::client {

void Upload::send(std::string_view part) {
  if (refused_) return;
  try {
    stream_.send(wire::Stream::kStdin, part);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnavailable) throw;
    refused_ = true;
  }
}

void Upload::write(std::string_view bytes) {
  while (!bytes.empty()) {
    send(bytes.substr(0, wire::kMaxPayload));
    bytes.remove_prefix(std::min(bytes.size(), wire::kMaxPayload));
  }
}

std::string Upload::finish() {
  send({});
  std::string text;
  std::string error;
  for (;;) {
    while (const std::optional<Frame> frame = stream_.next()) {
      if (frame->stream == wire::Stream::kStdout) text += frame->payload;
      if (frame->stream == wire::Stream::kStderr) error += frame->payload;
      if (frame->stream != wire::Stream::kExitStatus) continue;
      if (frame->payload == std::string_view("\0", 1)) return text;
      throw wire::parse_error(error, ErrorKind::kInternal);
    }
    if (!stream_.fill())
      throw Error(ErrorKind::kUnavailable, "the daemon closed the connection in the middle of an archive");
  }
}

}  // namespace minibox::client
