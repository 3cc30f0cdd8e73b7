#include "network/bridge.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "network/network_plan.h"
#include "sys/net_namespace.h"
#include "sys/netlink.h"

namespace minibox::network {
namespace {

std::optional<sys::Link> find_bridge(sys::RouteSocket& socket, const Config& config) {
  for (sys::Link& link : socket.list_links()) {
    if (link.name == config.bridge) return std::move(link);
  }
  return std::nullopt;
}

void check_ours(const sys::Link& link, const Config& config) {
  if (link.alias == bridge_alias(config)) return;
  throw Error(ErrorKind::kConflict, "network interface " + quote(link.name) + " exists and was not made by minibox")
      .with_hint("set MINIBOX_BRIDGE to another name, or remove the interface: ip link delete " + link.name);
}

// Also meets a second daemon with another bridge and the same subnet: routes would lead to only one of them.
void check_subnet_free(sys::RouteSocket& socket, const Config& config, unsigned own_index) {
  for (const sys::LinkAddress& other : socket.list_addresses()) {
    const std::uint32_t mask = other.prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - other.prefix);
    const bool overlap =
        config.subnet.contains({other.address}) || (config.subnet.base().value & mask) == (other.address & mask);
    if (!overlap || other.index == own_index) continue;
    throw Error(ErrorKind::kConflict, "subnet " + config.subnet.print() + " overlaps with address " +
                                          Ipv4{other.address}.print() + "/" + std::to_string(other.prefix) +
                                          " of this host")
        .with_hint("set MINIBOX_SUBNET to a network that the host does not use, such as 10.213.0.0/24");
  }
}

void set_sysctls(const Config& config) {
  // On our bridge only: on all interfaces it would open the host's loopback to the LAN (CVE-2020-8558).
  sys::set_net_sysctl("net/ipv4/conf/" + config.bridge + "/route_localnet", "1");
  // The rules are IPv4: without this a container would reach the host's services by the bridge's link-local address.
  const std::string no_ipv6 = "net/ipv6/conf/" + config.bridge + "/disable_ipv6";
  if (sys::has_net_sysctl(no_ipv6)) sys::set_net_sysctl(no_ipv6, "1");
  sys::set_net_sysctl("net/ipv4/ip_forward", "1");
}

// Somebody deleted the bridge while containers were on it: their veths are still there, joined to nothing.
void rejoin_veths(sys::RouteSocket& socket, const Config& config, unsigned bridge) {
  for (const sys::Link& link : socket.list_links()) {
    if (!address_of_veth(config, link.alias)) continue;
    sys::RouteBatch batch;
    batch.join_bridge(link.name, bridge);
    batch.set_hairpin(link.name);
    socket.run(batch);
  }
}

}  // namespace

unsigned bridge_index(const Config& config) {
  return sys::link_index(config.bridge);
}

unsigned ensure_bridge(const Config& config) {
  return with_context("bridge '" + config.bridge + "'", [&] {
    sys::RouteSocket socket;
    const std::optional<sys::Link> existing = find_bridge(socket, config);
    if (existing) check_ours(*existing, config);
    check_subnet_free(socket, config, existing ? existing->index : 0);
    if (!existing) {
      sys::RouteBatch create;
      create.create_bridge(config.bridge, mac_of(config.subnet.gateway()));
      create.set_alias(config.bridge, bridge_alias(config));
      socket.run(create);
    }
    set_sysctls(config);
    const unsigned index = bridge_index(config);
    sys::RouteBatch configure;
    configure.add_address(index, config.subnet.gateway().value, config.subnet.prefix());
    configure.set_up(config.bridge);
    socket.run(configure);
    if (!existing) rejoin_veths(socket, config, index);
    return index;
  });
}

void remove_stale_veths(const Config& config, const std::vector<Ipv4>& live) {
  sys::RouteSocket socket;
  for (const sys::Link& link : socket.list_links()) {
    const std::optional<Ipv4> address = address_of_veth(config, link.alias);
    if (!address || std::find(live.begin(), live.end(), *address) != live.end()) continue;
    sys::RouteBatch batch;
    batch.delete_link(link.name);
    socket.run(batch);
  }
}

void remove_bridge(const Config& config) {
  sys::RouteSocket socket;
  const std::optional<sys::Link> existing = find_bridge(socket, config);
  if (!existing || existing->alias != bridge_alias(config)) return;
  sys::RouteBatch batch;
  batch.delete_link(config.bridge);
  socket.run(batch);
}

}  // namespace minibox::network
