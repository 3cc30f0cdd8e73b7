#include "client/frame_buffer.h"

#include <algorithm>

#include "base/error.h"

namespace minibox::client {

using wire::kFrameHeaderSize;

char* FrameBuffer::prepare(size_t size) {
  buffer_.erase(0, position_);
  end_ -= position_;
  position_ = 0;
  buffer_.resize(end_ + size);
  return buffer_.data() + end_;
}

void FrameBuffer::commit(size_t size) {
  end_ += size;
  buffer_.resize(end_);
}

void FrameBuffer::append(std::string_view bytes) {
  std::copy(bytes.begin(), bytes.end(), prepare(bytes.size()));
  commit(bytes.size());
}

std::optional<Frame> FrameBuffer::next() {
  if (end_ - position_ < kFrameHeaderSize) return std::nullopt;
  wire::FrameHeader header{};
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(position_), kFrameHeaderSize, header.begin());
  const size_t size = wire::frame_size(header);
  if (size > wire::kMaxPayload || header[1] != 0 || header[2] != 0 || header[3] != 0) {
    throw Error(ErrorKind::kUnavailable, "the stream is damaged");
  }
  if (end_ - position_ < kFrameHeaderSize + size) return std::nullopt;
  const Frame frame{wire::frame_stream(header), std::string_view(buffer_).substr(position_ + kFrameHeaderSize, size)};
  position_ += kFrameHeaderSize + size;
  return frame;
}

}  // namespace minibox::client
