#include "client/upload.h"

#include <poll.h>

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

void Upload::take_frames() {
  while (const std::optional<Frame> frame = stream_.next()) {
    if (frame->stream == wire::Stream::kStdout) text_ += frame->payload;
    if (frame->stream == wire::Stream::kStderr) error_ += frame->payload;
    if (frame->stream == wire::Stream::kExitStatus) succeeded_ = frame->payload == std::string_view("\0", 1);
  }
}

// The daemon may have found the first bytes wrong: who sends a whole disk learns it now. Success is no reason to
// stop: what stands behind the end of an archive belongs to it.
void Upload::look_for_answer() {
  pollfd readable{stream_.fd(), POLLIN, 0};
  while (!succeeded_ && !refused_ && ::poll(&readable, 1, 0) > 0) {
    if (!stream_.fill()) refused_ = true;
    take_frames();
  }
  if (succeeded_ == false) refused_ = true;
}

void Upload::write(std::string_view bytes) {
  look_for_answer();
  while (!bytes.empty()) {
    send(bytes.substr(0, wire::kMaxPayload));
    bytes.remove_prefix(std::min(bytes.size(), wire::kMaxPayload));
  }
}

std::string Upload::finish() {
  send({});
  for (take_frames(); !succeeded_; take_frames()) {
    if (!stream_.fill())
      throw Error(ErrorKind::kUnavailable, "the daemon closed the connection in the middle of an archive");
  }
  if (!*succeeded_) throw wire::parse_error(error_, ErrorKind::kInternal);
  return text_;
}

}  // namespace minibox::client
