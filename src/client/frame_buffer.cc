#include "client/frame_buffer.h"

#include <algorithm>

#include "base/error.h"

namespace minibox::client {

using wire::kFrameHeaderSize;

void FrameBuffer::append(std::string_view bytes) {
  buffer_.erase(0, position_);
  position_ = 0;
  buffer_.append(bytes);
}

std::optional<Frame> FrameBuffer::next() {
  if (buffer_.size() - position_ < kFrameHeaderSize) return std::nullopt;
  wire::FrameHeader header{};
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(position_), kFrameHeaderSize, header.begin());
  const size_t size = wire::frame_size(header);
  if (size > wire::kMaxPayload || header[1] != 0 || header[2] != 0 || header[3] != 0) {
    throw Error(ErrorKind::kUnavailable, "the stream is damaged");
  }
  if (buffer_.size() - position_ < kFrameHeaderSize + size) return std::nullopt;
  const Frame frame{wire::frame_stream(header), std::string_view(buffer_).substr(position_ + kFrameHeaderSize, size)};
  position_ += kFrameHeaderSize + size;
  return frame;
}

}  // namespace minibox::client
