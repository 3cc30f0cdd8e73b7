// What one daemon's network is: several daemons with different bridges and subnets live side by side on a host.
#pragma once

#include <string>

#include "network/subnet.h"

namespace minibox::network {

struct Config {
  std::string bridge = "minibox0";  // every kernel object of this daemon is named after it
  Subnet subnet = Subnet::parse("172.19.0.0/24");
  Ipv4 publish_address;  // where ports without an address are published; 0.0.0.0 is every local address
};

// A name the kernel takes for an interface and that needs no quoting in an nftables script: kInvalid otherwise.
void check_bridge_name(const std::string& name);

}  // namespace minibox::network
