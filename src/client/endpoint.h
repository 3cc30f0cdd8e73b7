// Where the daemon is, read from the environment:
//   MINIBOX_API     base URL, "http://127.0.0.1:8080" or "unix:/path/to/socket"
//   MINIBOX_SOCKET  unix socket
//   neither         /run/minibox/minibox.sock
// One place and no second: when the daemon is down, any user may listen on its TCP port, and a client that tried it
// unasked would hand over the token.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace minibox::client {

struct Endpoint {
  std::string path;  // of the unix socket; empty: TCP
  std::string host;  // numeric address (the CLI is static: no name service) or "localhost"
  std::uint16_t port = 0;

  std::string print() const;        // "unix:/run/...", "http://127.0.0.1:8080"
  std::string host_header() const;  // "minibox" or "127.0.0.1:8080"
};

Endpoint parse_endpoint(const std::string& url);  // Error kInvalid naming the URL

// Value of an environment variable, trimmed; empty when unset.
using Environment = std::function<std::string(const char* name)>;
std::string process_environment(const char* name);

Endpoint endpoint_from(const Environment& environment);

}  // namespace minibox::client
