// The client's side of an upgraded connection (wire/stream_frame.h). Single-threaded.
//
// Use: poll fd(); when readable, fill() once, then next() until it is empty. fill() returning false without an exit
// status frame means the shim died.
#pragma once

#include <optional>
#include <string>

#include "client/connection.h"
#include "client/frame_buffer.h"

namespace minibox::client {

class FrameStream {
 public:
  FrameStream(Connection connection, std::string early_bytes)
      : connection_(std::move(connection)), frames_(std::move(early_bytes)) {}

  int fd() const { return connection_.fd(); }
  bool fill();  // one read(2); false at the end or when the connection broke
  std::optional<Frame> next() { return frames_.next(); }
  void send(wire::Stream stream, std::string_view payload);  // at most kMaxPayload

 private:
  Connection connection_;
  FrameBuffer frames_;
};

}  // namespace minibox::client
