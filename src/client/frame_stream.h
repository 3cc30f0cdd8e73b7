// The client's side of an upgraded connection (wire/stream_frame.h). Single-threaded.
//
// Use: poll fd(); when readable, fill() once, then next() until it is empty. fill() returning false without an exit
// status frame means the shim died.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/connection.h"
#include "wire/stream_frame.h"

namespace minibox::client {

struct Frame {
  wire::Stream stream = wire::Stream::kStdout;
  std::string_view payload;  // valid until the next call
};

class FrameStream {
 public:
  FrameStream(Connection connection, std::string early_bytes)
      : connection_(std::move(connection)), buffer_(std::move(early_bytes)) {}

  int fd() const { return connection_.fd(); }
  bool fill();                  // one read(2); false at the end or when the connection broke
  std::optional<Frame> next();  // Error kUnavailable when the peer does not keep to the protocol
  void send(wire::Stream stream, std::string_view payload);

 private:
  Connection connection_;
  std::string buffer_;
  size_t position_ = 0;  // of the first byte not yet handed out
};

}  // namespace minibox::client
