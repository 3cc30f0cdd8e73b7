#include "client/frame_stream.h"

#include "base/error.h"

namespace minibox::client {

bool FrameStream::fill() {
  constexpr size_t kRead = wire::kMaxPayload + wire::kFrameHeaderSize;
  char* const room = frames_.prepare(kRead);
  size_t got = 0;
  try {
    got = connection_.read_some(room, kRead);
  } catch (const Error&) {
    got = 0;  // ECONNRESET: for the caller the same as an end without exit status
  }
  frames_.commit(got);
  return got > 0;
}

void FrameStream::send(wire::Stream stream, std::string_view payload) {
  const wire::FrameHeader header = wire::make_frame_header(stream, static_cast<std::uint32_t>(payload.size()));
  connection_.write_all(std::string(header.begin(), header.end()).append(payload));
}

}  // namespace minibox::client
