// Listening stream sockets.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "sys/fd.h"

namespace minibox::sys {

struct TcpAddress {
  std::string host;  // numeric; "" or "0.0.0.0" or "::" are all addresses
  std::uint16_t port = 0;

  bool is_loopback() const;
  std::string print() const;  // "127.0.0.1:80", "[::1]:80"
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080"; Error kInvalid.
TcpAddress parse_tcp_address(const std::string& text);

// SO_REUSEADDR, non-blocking. Error kExists when the port is taken.
Fd listen_tcp(const TcpAddress& address, int backlog);
std::uint16_t local_port(const Fd& socket);

// Makes the socket file with exactly `mode` from its first moment, and its directory (0755) when that is missing. A
// file left by a dead server is replaced; when somebody answers there, Error kExists; what is no socket is never
// touched.
Fd listen_unix(const std::string& path, mode_t mode, int backlog);

}  // namespace minibox::sys
