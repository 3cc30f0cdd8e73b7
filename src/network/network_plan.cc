#include "network/network_plan.h"

#include "base/id.h"
#include "base/text.h"

namespace minibox::network {
namespace {

// Replaces each "@NAME@" of the template.
std::string substitute(std::string text, const std::string& name, const std::string& value) {
  for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
    text.replace(at, name.size(), value);
  }
  return text;
}

// Why each rule is there:
// - raw: the bridge has route_localnet, so without the drop a container could send to the host's 127.0.0.1
//   (CVE-2020-8558).
// - prerouting: 127.0.0.0/8 is skipped, or a neighbour on the LAN could reach a port published on 127.0.0.1 by
//   addressing the frame to us; unmapped it is a martian and the kernel drops it.
// - postrouting: what comes from the host's loopback or from the subnet itself (hairpin) must return through the host.
// - input: a container reaches the host only to answer it; published ports were mapped before and are forwarded.
// - forward: into the bridge goes what was published, belongs to a connection or comes from a container. Otherwise a
//   neighbour could route around a port's host address.
constexpr const char* kTable = R"(add table ip @T@
delete table ip @T@
table ip @T@ {
  map published_address {
    type ipv4_addr . inet_service : ipv4_addr . inet_service
    @ADDRESS_ELEMENTS@
  }
  map published_any {
    type inet_service : ipv4_addr . inet_service
    @ANY_ELEMENTS@
  }
  chain raw_prerouting {
    type filter hook prerouting priority raw; policy accept;
    iifname "@B@" ip daddr 127.0.0.0/8 drop
  }
  chain publish {
    dnat ip to ip daddr . tcp dport map @published_address
    fib daddr type local dnat ip to tcp dport map @published_any
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 127.0.0.0/8 accept
    meta l4proto tcp jump publish
  }
  chain output {
    type nat hook output priority -100; policy accept;
    meta l4proto tcp jump publish
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "@B@" ip saddr 127.0.0.0/8 masquerade
    oifname "@B@" ip saddr @SUBNET@ ct status dnat masquerade
    oifname != "@B@" ip saddr @SUBNET@ masquerade
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "@B@" ct state established,related accept
    iifname "@B@" icmp type echo-request accept
    iifname "@B@" meta l4proto tcp reject with tcp reset
    iifname "@B@" reject with icmp type admin-prohibited
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "@B@" accept
    oifname "@B@" ct state established,related accept
    oifname "@B@" ct status dnat accept
    oifname "@B@" drop
  }
}
)";

std::string elements(const std::vector<std::string>& list) {
  return list.empty() ? "" : "elements = { " + join(list, ", ") + " }";
}

void append_number(std::string& bytes, std::uint32_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
}

void append_port(std::string& bytes, std::uint16_t port) {
  append_number(bytes, port, 2);
  bytes.append(2, '\0');
}

}  // namespace

std::string table_name(const Config& config) {
  return "minibox_" + config.bridge;
}

std::string bridge_alias(const Config& config) {
  return "minibox:" + config.bridge;
}

std::string veth_alias(const Config& config, Ipv4 address) {
  return bridge_alias(config) + ":" + address.print();
}

std::optional<Ipv4> address_of_veth(const Config& config, const std::string& alias) {
  const std::string prefix = bridge_alias(config) + ":";
  if (!alias.starts_with(prefix)) return std::nullopt;
  return Ipv4::parse(std::string_view(alias).substr(prefix.size()));
}

std::string new_veth_name() {
  return "mbx" + (random_id() + random_id()).substr(0, 10);
}

Mac mac_of(Ipv4 address) {
  const auto byte = [&](int shift) { return static_cast<std::uint8_t>(address.value >> shift); };
  return {0x02, 0x6d, byte(24), byte(16), byte(8), byte(0)};
}

std::string table_script(const Config& config, const std::vector<Publication>& publications) {
  std::vector<std::string> address_elements;
  std::vector<std::string> any_elements;
  for (const auto& [port, container] : publications) {
    const std::string target = " : " + container.print() + " . " + std::to_string(port.container_port);
    const std::string host_port = std::to_string(port.host_port);
    if (port.address.is_any()) {
      any_elements.push_back(host_port + target);
    } else {
      address_elements.push_back(port.address.print() + " . " + host_port + target);
    }
  }
  std::string script = substitute(kTable, "@ADDRESS_ELEMENTS@", elements(address_elements));
  script = substitute(std::move(script), "@ANY_ELEMENTS@", elements(any_elements));
  script = substitute(std::move(script), "@SUBNET@", config.subnet.print());
  script = substitute(std::move(script), "@T@", table_name(config));
  return substitute(std::move(script), "@B@", config.bridge);
}

std::string delete_table_script(const Config& config) {
  return "add table ip " + table_name(config) + "\ndelete table ip " + table_name(config) + "\n";
}

sys::NftElement map_element(const Publication& publication) {
  const PublishedPort& port = publication.port;
  sys::NftElement element;
  if (port.address.is_any()) {
    element.map = kAnyMap;
    append_number(element.key, port.host_port, 2);
  } else {
    element.map = kAddressMap;
    append_number(element.key, port.address.value, 4);
    append_port(element.key, port.host_port);
  }
  append_number(element.data, publication.container.value, 4);
  append_port(element.data, port.container_port);
  return element;
}

}  // namespace minibox::network
