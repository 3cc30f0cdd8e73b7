#include "client/endpoint.h"

#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace minibox::client {
namespace {

constexpr char kDefaultSocket[] = "/run/minibox/minibox.sock";

[[noreturn]] void refuse(const std::string& url, const std::string& why) {
  throw Error(ErrorKind::kInvalid, "MINIBOX_API " + quote(url) + ": " + why)
      .with_hint("write http://ADDRESS:PORT or unix:/path/to/socket");
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// "host", "host:port", "[v6]", "[v6]:port"
Endpoint parse_authority(const std::string& url, std::string_view authority) {
  Endpoint endpoint;
  endpoint.port = 80;
  auto [host, port_text] = split_host_port(authority);
  if (starts_with(host, "[")) {
    if (host.back() != ']') refuse(url, "']' is missing or not the end of the address");
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) refuse(url, "the host is missing");
  endpoint.host = host;
  if (!port_text) return endpoint;
  const auto port = is_digits(*port_text) ? parse_int(*port_text, 1, 65535) : std::nullopt;
  if (!port) refuse(url, "the port must be a number from 1 to 65535");
  endpoint.port = static_cast<std::uint16_t>(*port);
  return endpoint;
}

}  // namespace

std::string Endpoint::print() const {
  return path.empty() ? "http://" + host_header() : "unix:" + path;
}

std::string Endpoint::host_header() const {
  if (!path.empty()) return "minibox";
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Endpoint parse_endpoint(const std::string& url) {
  std::string_view rest = url;
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (starts_with(rest, "unix:")) {
    rest.remove_prefix(5);
    if (starts_with(rest, "//")) rest.remove_prefix(2);
    if (!starts_with(rest, "/")) refuse(url, "the socket's path must be absolute");
    return {std::string(rest), "", 0};
  }
  if (starts_with(rest, "https://")) refuse(url, "https is not supported");
  if (!starts_with(rest, "http://")) refuse(url, "unknown scheme");
  rest.remove_prefix(7);
  if (rest.find_first_of("/?#@ \r\n") != std::string_view::npos) refuse(url, "only scheme, host and port are allowed");
  return parse_authority(url, rest);
}

std::string process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(trim(value));
}

Endpoint endpoint_from(const Environment& environment) {
  if (const std::string url = environment("MINIBOX_API"); !url.empty()) return parse_endpoint(url);
  const std::string path = environment("MINIBOX_SOCKET");
  return {path.empty() ? kDefaultSocket : path, "", 0};
}

}  // namespace minibox::client
