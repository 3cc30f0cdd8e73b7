// The attached client of a foreground run: frames of wire/stream_frame.h, or the raw output for old clients. Never
// blocks: what the socket does not take waits here, and the supervisor reads no more output while wants_write() is
// true, so a slow client slows the container as a slow pipe would and nothing grows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"
#include "wire/stream_frame.h"

namespace minibox::runtime::shim {

class ClientStream {
 public:
  ClientStream() = default;
  ClientStream(sys::Fd connection, bool framed) : connection_(std::move(connection)), framed_(framed) {}

  bool attached() const { return connection_.valid(); }
  const sys::Fd& fd() const { return connection_; }
  bool wants_write() const { return !pending_.empty(); }

  void send_raw(std::string_view bytes);  // the response head
  void send(wire::Stream stream, std::string_view payload);
  void flush();  // call when writable; a lost client is detached, the container goes on
  bool wants_read() const { return !input_closed_; }
  // Signal numbers from complete frames that have arrived. End of file ends only the reading: the client may have
  // closed its half and still listen. Detaches on a malformed frame.
  std::vector<int> read_signals();
  void close() { connection_.reset(); }

 private:
  sys::Fd connection_;
  bool framed_ = true;
  bool input_closed_ = false;
  std::string pending_;
  std::string received_;
};

}  // namespace minibox::runtime::shim
