// Published ports: from the words of a request to values. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "network/subnet.h"

namespace minibox::network {

struct PublishedPort {  // TCP
  Ipv4 address;         // of the host; 0.0.0.0 means every local address
  std::uint16_t host_port = 0;
  std::uint16_t container_port = 0;
  auto operator<=>(const PublishedPort&) const = default;
};

// "[address:]host" -> "container[/tcp]" as in wire::RunRequest::ports; no address means `default_address`. Throws as
// base/port_text.h does, and kInvalid for a port twice and for more than kMaxPublishedPorts.
std::vector<PublishedPort> parse_ports(const std::map<std::string, std::string>& ports, Ipv4 default_address);

// Two publications that the kernel could not tell apart: same port, and the same address or one of them wildcard.
bool collide(const PublishedPort& a, const PublishedPort& b);

}  // namespace minibox::network
