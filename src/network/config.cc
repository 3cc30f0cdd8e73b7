#include "network/config.h"

#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace minibox::network {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

void check_bridge_name(const std::string& name) {
  bool good = !name.empty() && name.size() <= 15 && is_letter(name[0]);
  for (const char c : name) good = good && (is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_');
  if (!good) {
    throw Error(ErrorKind::kInvalid, "bridge name " + quote(name) + " is not usable")
        .with_hint("a letter, then up to 14 letters, digits, '-' or '_'");
  }
}

Config Config::from_environment() {
  Config config;
  if (const std::string bridge = variable("MINIBOX_BRIDGE"); !bridge.empty()) {
    with_context("MINIBOX_BRIDGE", [&] { check_bridge_name(bridge); });
    config.bridge = bridge;
  }
  if (const std::string subnet = variable("MINIBOX_SUBNET"); !subnet.empty()) {
    config.subnet = with_context("MINIBOX_SUBNET", [&] { return Subnet::parse(subnet); });
  }
  if (const std::string address = variable("MINIBOX_PUBLISH_ADDR"); !address.empty()) {
    const std::optional<Ipv4> parsed = Ipv4::parse(address);
    if (!parsed) throw Error(ErrorKind::kInvalid, "MINIBOX_PUBLISH_ADDR: " + quote(address) + " is no IPv4 address");
    config.publish_address = *parsed;
  }
  return config;
}

}  // namespace minibox::network
