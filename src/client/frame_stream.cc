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

void FrameStream::send_signal(int signal_number) {
  const wire::FrameHeader header = wire::make_frame_header(wire::Stream::kSignal, 1);
  std::string bytes(header.begin(), header.end());
  bytes += static_cast<char>(signal_number);
  connection_.write_all(bytes);
}

void FrameStream::send_input(std::string_view bytes) {
  const wire::FrameHeader header =
      wire::make_frame_header(wire::Stream::kStdin, static_cast<std::uint32_t>(bytes.size()));
  connection_.write_all(std::string(header.begin(), header.end()).append(bytes));
}

}  // namespace minibox::client
