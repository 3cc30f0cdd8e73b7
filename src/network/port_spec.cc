#include "network/port_spec.h"

#include "base/error.h"
#include "base/port_text.h"

namespace minibox::network {
namespace {

PublishedPort parse_one(const std::string& host, const std::string& container, Ipv4 default_address) {
  const PublishedAddress parsed = parse_published_address(host);
  PublishedPort port{default_address, parsed.port, parse_container_port(container)};
  if (parsed.address.empty()) return port;
  const std::optional<Ipv4> address = Ipv4::parse(parsed.address);
  if (!address) refuse_host_port(host, "the part before ':' is no IPv4 address", "write it as in 127.0.0.1:8080");
  port.address = *address;
  return port;
}

}  // namespace

std::vector<PublishedPort> parse_ports(const std::map<std::string, std::string>& ports, Ipv4 default_address) {
  if (ports.size() > kMaxPublishedPorts) {
    throw Error(ErrorKind::kInvalid, std::to_string(ports.size()) + " published ports are too many: a container has " +
                                         std::to_string(kMaxPublishedPorts) + " at most");
  }
  std::vector<PublishedPort> parsed;
  for (const auto& [host, container] : ports) {
    const PublishedPort port = parse_one(host, container, default_address);
    for (const PublishedPort& other : parsed) {
      if (collide(port, other)) refuse_host_port(host, "published twice", "give each host port once");
    }
    parsed.push_back(port);
  }
  return parsed;
}

bool collide(const PublishedPort& a, const PublishedPort& b) {
  return a.host_port == b.host_port && (a.address == b.address || a.address.is_any() || b.address.is_any());
}

}  // namespace minibox::network
