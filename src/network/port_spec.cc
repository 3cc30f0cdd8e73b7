#include "network/port_spec.h"

#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace minibox::network {
namespace {

// The API reference writes these texts with double quotes.
Error port_error(ErrorKind kind, const char* side, std::string_view port, const std::string& why) {
  std::string name = quote(port);
  name.front() = name.back() = '"';
  return Error(kind, std::string(side) + " port " + name + ": " + why);
}

std::uint16_t parse_port(const char* side, std::string_view text) {
  if (text.empty()) throw port_error(ErrorKind::kInvalid, side, text, "empty port");
  if (!is_digits(text)) throw port_error(ErrorKind::kInvalid, side, text, "non-numeric port");
  const std::optional<std::int64_t> port = parse_int(text, 1, 65535);
  if (!port) throw port_error(ErrorKind::kInvalid, side, text, "port out of range");
  return static_cast<std::uint16_t>(*port);
}

std::uint16_t parse_container_port(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return parse_port("container", text);
  const std::string protocol = to_lower(text.substr(slash + 1));
  if (protocol == "udp" || protocol == "sctp") {
    throw port_error(ErrorKind::kUnsupported, "container", text, protocol + " can't be published")
        .with_hint("publish a TCP port, as in 8080:80 or 8080:80/tcp");
  }
  if (protocol != "tcp") throw port_error(ErrorKind::kInvalid, "container", text, "unknown protocol");
  return parse_port("container", text.substr(0, slash));
}

PublishedPort parse_one(std::string_view host, std::string_view container, Ipv4 default_address) {
  PublishedPort port;
  port.address = default_address;
  const size_t colon = host.rfind(':');
  if (colon != std::string_view::npos) {
    const std::optional<Ipv4> address = Ipv4::parse(host.substr(0, colon));
    if (!address) {
      throw port_error(ErrorKind::kInvalid, "host", host, "the part before ':' is no IPv4 address")
          .with_hint("write it as in 127.0.0.1:8080");
    }
    port.address = *address;
    host.remove_prefix(colon + 1);
  }
  port.host_port = parse_port("host", host);
  port.container_port = parse_container_port(container);
  return port;
}

}  // namespace

std::vector<PublishedPort> parse_ports(const std::map<std::string, std::string>& ports, Ipv4 default_address) {
  std::vector<PublishedPort> parsed;
  for (const auto& [host, container] : ports) {
    const PublishedPort port = parse_one(host, container, default_address);
    for (const PublishedPort& other : parsed) {
      if (collide(port, other)) throw port_error(ErrorKind::kInvalid, "host", host, "published twice");
    }
    parsed.push_back(port);
  }
  return parsed;
}

std::string print_port(const PublishedPort& port) {
  return port.address.print() + ":" + std::to_string(port.host_port) + "->" + std::to_string(port.container_port) +
         "/tcp";
}

bool collide(const PublishedPort& a, const PublishedPort& b) {
  return a.host_port == b.host_port && (a.address == b.address || a.address.is_any() || b.address.is_any());
}

}  // namespace minibox::network
