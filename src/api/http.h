// HTTP as plain values: what a handler sees. Nothing of Asio or Beast gets past http_server.cc, session.cc and
// live_exchange.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "sys/fd.h"

namespace minibox::api {

inline constexpr char kPlainText[] = "text/plain; charset=utf-8";
inline constexpr char kJson[] = "application/json";
inline constexpr char kTar[] = "application/x-tar";

struct Request {
  std::string method;
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case; repeated ones joined by ", "
  std::string body;

  const std::string& header(const std::string& lower_name) const;  // empty when absent
  bool wants_json_errors() const;                                  // Accept names application/json
  bool asks_for_stream() const;                                    // Upgrade: minibox-stream/1
};

// A part of a file.
struct FileBody {
  sys::Fd file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Response {
  int status = 200;
  std::string content_type = kPlainText;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<FileBody> file = {};  // instead of `body`; sent piece by piece; file_reader.h

  std::uint64_t body_size() const { return file ? file->size : body.size(); }
};

// Splits and decodes "/path?a=b"; empty for what is no such target (bad escapes, control characters, a name twice).
struct Target {
  std::string path;
  std::map<std::string, std::string> query;
};
std::optional<Target> parse_target(std::string_view target);

int status_of(ErrorKind kind);
std::string_view reason_phrase(int status);

// The error as JSON (wire/error_body.h) or, for old clients, as one line of text. `status` 0: that of the kind.
Response error_response(const Error& error, bool json, int status = 0);

// The same for errors whose status and words old clients know: they get `words`, those that take JSON the error itself.
Response legacy_error_response(const Request& request, const Error& error, int status, const std::string& words);

// Status line and headers with the blank line. `framing` is "Content-Length: N", "Transfer-Encoding: chunked" or empty
// (the body ends with the connection).
std::string print_head(const Response& response, std::string_view framing, bool keep_alive);

// How a handler answers; exactly one of reply(), begin_stream() and hand_over. The handler's thread calls, write() may
// be called from any thread. An Error that leaves the handler before an answer was begun becomes the answer; one that
// comes later cuts the stream off, so that nobody takes it for whole, behind a trailer X-Minibox-Error
// (wire/error_body.h).
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual void reply(Response response) = 0;

  // A 200 whose body grows: write() waits while a slow client has much unread, and throws kCancelled once it has left,
  // which stop_token() tells too. end_stream() adds "X-Minibox-Status: <status>" as trailer when `status` is not empty.
  virtual void begin_stream() = 0;
  // From here write() throws kTimeout when a client takes nothing for so long: for handlers that hold up others.
  virtual void limit_patience(std::chrono::seconds patience) = 0;
  virtual void write(std::string_view bytes) = 0;
  virtual void end_stream(const std::string& status) = 0;
  virtual std::stop_token stop_token() = 0;

  // A copy (dup, close-on-exec) of the client's socket. It is in non-blocking mode: O_NONBLOCK belongs to the open file
  // description that both copies share, and the server still needs it should the start fail. After connection_taken()
  // the server closes its own copy, writes nothing and never calls shutdown(2).
  virtual sys::Fd duplicate_connection() = 0;
  virtual void connection_taken() = 0;
};

}  // namespace minibox::api
