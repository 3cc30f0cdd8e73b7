// Takes bytes as they come and gives the frames in them (wire/stream_frame.h). Single-threaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/stream_frame.h"

namespace minibox::client {

struct Frame {
  wire::Stream stream = wire::Stream::kStdout;
  std::string_view payload;  // valid until the next call
};

class FrameBuffer {
 public:
  FrameBuffer() = default;
  explicit FrameBuffer(std::string early_bytes) : buffer_(std::move(early_bytes)) {}

  void append(std::string_view bytes);
  std::optional<Frame> next();  // Error kUnavailable when the peer does not keep to the protocol

 private:
  std::string buffer_;
  size_t position_ = 0;  // of the first byte not yet handed out
};

}  // namespace minibox::client
