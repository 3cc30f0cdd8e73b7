// A client of a program's streams: frames of wire/stream_frame.h both ways, or raw bytes for old clients. Never blocks:
// what the socket does not take waits here, and what came in waits here until the program takes it. The relay reads no
// more output while wants_write() is true, so a slow client slows the program as a slow pipe would and nothing grows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"
#include "wire/stream_frame.h"

namespace minibox::runtime::shim {

// What a client asks for, besides input.
struct Wishes {
  std::vector<int> signals;
  std::optional<std::uint32_t> size;  // wire::terminal_size()
};

class ClientStream {
 public:
  ClientStream() = default;
  ClientStream(sys::Fd connection, bool framed) : connection_(std::move(connection)), framed_(framed) {}

  bool attached() const { return connection_.valid(); }
  const sys::Fd& fd() const { return connection_; }
  void close();

  bool wants_write() const { return !pending_.empty(); }
  std::int64_t waiting_since() const { return waiting_since_; }  // monotonic us: it took the last bytes then
  void send_raw(std::string_view bytes);                         // the response head
  void send(wire::Stream stream, std::string_view payload);
  void flush();  // call when writable; a lost client is detached, the program goes on

  // A raw client's bytes are all input: it is not read from while much of that waits.
  bool wants_read() const { return !read_end_ && (framed_ || input_.size() < wire::kInputWindow); }
  // Takes in what has arrived. End of file ends only the reading: the client may have closed its
  // half and still listen. Detaches who breaks the protocol.
  Wishes receive();

  const std::string& input() const { return input_; }  // for the program's stdin
  void input_taken(size_t size);                       // and tells the client
  bool input_ended() const { return (input_end_ || read_end_) && input_.empty(); }

 private:
  void take_frame(wire::Stream stream, std::string_view payload, Wishes& wishes);

  sys::Fd connection_;
  bool framed_ = true;
  bool read_end_ = false;   // nothing more comes from the socket
  bool input_end_ = false;  // the client has said that its stdin has ended
  std::string pending_;
  std::int64_t waiting_since_ = 0;
  std::string received_;
  std::string input_;
};

}  // namespace minibox::runtime::shim
