// HTTP/1.1 over TCP or TLS, one exchange after the other, blocking with a deadline for each step. Knows nothing of
// registries: no redirects, no authentication, no second attempts. All of Beast is in http_client.cc.
//
//   auto exchange = client.send(request, stop);     // connects or takes an idle connection, sends, reads the head
//   exchange->head(); exchange->read(...);          // the body, until 0; or read_all()
//
// A connection whose answer was read to its end is used again for the same origin. Any thread may call send(); an
// exchange belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/proxy.h"
#include "registry/url.h"

namespace minibox::registry {

struct HttpRequest {
  std::string method = "GET";
  Url url;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};  // or a stream: exactly `stream_size` bytes that `stream` gives
  std::uint64_t stream_size = 0;
  std::function<size_t(char* buffer, size_t size)> stream = {};
};

struct HttpHead {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; repeated ones joined by ", "

  const std::string& header(const std::string& lower_name) const;  // "" when absent
};

// There was no connection at all: no such host, nobody listens, or no trust. Whoever waits is told at once instead of
// after several attempts.
class Unreachable : public Error {
 public:
  using Error::Error;
};

class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual const HttpHead& head() const = 0;
  // The next bytes of the body; 0 at its end. kUnavailable when it is cut short, kTimeout when nothing comes for long,
  // kCancelled.
  virtual size_t read(char* buffer, size_t size) = 0;
  std::string read_all(size_t limit);  // kUnsupported past it
};

// Which certificates are trusted for an origin: a file, or "" for the system's.
using CaFileOf = std::function<std::string(const Url& url)>;

class HttpClient {
 public:
  HttpClient(std::chrono::milliseconds timeout, CaFileOf ca_file, ProxyTable proxies);
  ~HttpClient();

  // Unreachable (kUnavailable; kDenied when the certificate can't be trusted); kUnavailable when the connection breaks
  // or the answer is no HTTP; kTimeout; kCancelled soon after `stop` is requested.
  std::unique_ptr<HttpExchange> send(const HttpRequest& request, std::stop_token stop);

  class Pool;  // http_client.cc

 private:
  std::shared_ptr<Pool> pool_;  // exchanges give connections back to it
};

}  // namespace minibox::registry
