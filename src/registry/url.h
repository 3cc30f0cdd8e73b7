// An absolute http or https URL, as registries send them (Location, realm). Plain value; hostile input.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minibox::registry {

struct Url {
  bool tls = true;
  std::string host;  // lower case; of an IPv6 address without the brackets
  std::uint16_t port = 443;
  std::string target = "/";  // path and query; printable ASCII without blanks

  // kInvalid: another scheme, user information, control characters, no host, a bad port. A fragment is dropped.
  static Url parse(std::string_view text);
  // What `location`, absolute or not, means in an answer from here (RFC 3986, 5.2, without dot segments). kInvalid.
  Url resolve(std::string_view location) const;

  std::string authority() const;  // "host", "host:5000" or "[::1]:5000": without the scheme's own port
  std::string origin() const;     // "https://host:5000"
  std::string path() const;       // of the target
  std::string print() const { return origin() + target; }
  // For messages: without the query, which may hold a signature that opens the door.
  std::string print_without_query() const { return origin() + path(); }
  bool same_origin(const Url& other) const;

  void add_query(std::string_view name, std::string_view value);  // escapes the value
};

// "localhost", 127.0.0.0/8 or ::1, without brackets and port.
bool is_loopback_host(std::string_view host);

std::string escape_query(std::string_view text);

}  // namespace minibox::registry
