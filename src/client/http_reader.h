// Reads one HTTP/1.1 response from a Connection: head, then a body by Content-Length, by chunks, or up to the end of
// the connection. Small on purpose: the only server is miniboxd, but nothing it sends is trusted to be short or well
// formed.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "client/connection.h"

namespace minibox::client {

struct ResponseHead {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; trailers are added as they come

  std::string header(const std::string& lower_name) const;
};

ResponseHead parse_response_head(std::string_view head);  // without the blank line; Error kUnavailable

class HttpReader {
 public:
  explicit HttpReader(Connection& connection) : connection_(connection) {}

  const ResponseHead& read_head();  // skips 100 Continue
  using Sink = std::function<void(std::string_view bytes)>;
  // As it comes. Cut off: the Error that the daemon gives for it (api/http.h), or kUnavailable.
  void read_body(const Sink& sink);
  std::string read_whole_body();  // at most 64 MiB
  std::string next_chunk();       // of a body that comes in chunks; empty at its end, when the trailer has been read

  const ResponseHead& head() const { return head_; }
  std::string take_surplus() { return std::move(buffer_); }  // what followed the head, for an upgraded connection

 private:
  bool fill();  // false at the end
  [[noreturn]] void cut_off() const;
  std::string read_line();
  void pass(size_t size, const Sink& sink);
  void read_chunks(const Sink& sink);
  void read_trailer();

  Connection& connection_;
  ResponseHead head_;
  std::string buffer_;
};

}  // namespace minibox::client
