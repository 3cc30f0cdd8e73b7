#include "client/frame_stream.h"

#include "base/error.h"

namespace minibox::client {

bool FrameStream::fill() {
  constexpr size_t kRead = wire::kMaxPayload + wire::kFrameHeaderSize;
  char bytes[kRead];  // not cleared: most of the time an exit status is all that comes
  size_t got = 0;
  try {
    got = connection_.read_some(bytes, kRead);
  } catch (const Error&) {
    got = 0;  // ECONNRESET: for the caller the same as an end without exit status
  }
  frames_.append({bytes, got});
  return got > 0;
}

void FrameStream::send(wire::Stream stream, std::string_view payload) {
  connection_.write_all(wire::print_frame(stream, payload));
}

}  // namespace minibox::client
