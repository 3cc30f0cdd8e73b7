#include "client/frame_stream.h"

#include <algorithm>

#include "base/error.h"

namespace minibox::client {

using wire::kFrameHeaderSize;

bool FrameStream::fill() {
  buffer_.erase(0, position_);
  position_ = 0;
  constexpr size_t kRead = wire::kMaxPayload + kFrameHeaderSize;
  const size_t before = buffer_.size();
  buffer_.resize(before + kRead);
  size_t got = 0;
  try {
    got = connection_.read_some(buffer_.data() + before, kRead);
  } catch (const Error&) {
    got = 0;  // ECONNRESET: for the caller the same as an end without exit status
  }
  buffer_.resize(before + got);
  return got > 0;
}

std::optional<Frame> FrameStream::next() {
  if (buffer_.size() - position_ < kFrameHeaderSize) return std::nullopt;
  wire::FrameHeader header{};
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(position_), kFrameHeaderSize, header.begin());
  const size_t size = wire::frame_size(header);
  if (size > wire::kMaxPayload || header[1] != 0 || header[2] != 0 || header[3] != 0) {
    throw Error(ErrorKind::kUnavailable, "the container's stream is damaged");
  }
  if (buffer_.size() - position_ < kFrameHeaderSize + size) return std::nullopt;
  const Frame frame{wire::frame_stream(header), std::string_view(buffer_).substr(position_ + kFrameHeaderSize, size)};
  position_ += kFrameHeaderSize + size;
  return frame;
}

void FrameStream::send(wire::Stream stream, std::string_view payload) {
  const wire::FrameHeader header = wire::make_frame_header(stream, static_cast<std::uint32_t>(payload.size()));
  connection_.write_all(std::string(header.begin(), header.end()).append(payload));
}

}  // namespace minibox::client
