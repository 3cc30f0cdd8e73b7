#include "network/slot.h"

#include "base/error.h"
#include "network/network_plan.h"
#include "sys/net_namespace.h"
#include "sys/netlink.h"

namespace minibox::network {
namespace {

void set_container_sysctls() {
  sys::set_net_sysctl("net/ipv4/ip_unprivileged_port_start", "0");
  sys::set_net_sysctl("net/ipv4/ping_group_range", "0 2147483647");
}

}  // namespace

Slot make_isolated_slot() {
  return with_context("network slot", [] {
    const sys::NetNamespaceScope inside = sys::NetNamespaceScope::create();
    set_container_sysctls();
    sys::RouteBatch batch;
    batch.set_up("lo");
    sys::RouteSocket().run(batch);
    return Slot{sys::current_net_namespace(), std::nullopt};
  });
}

Slot make_bridge_slot(const Config& config, unsigned bridge, Ipv4 address) {
  return with_context("network slot " + address.print(), [&] {
    sys::RouteSocket host;  // made before the thread moves: it stays a socket of the host's namespace
    const sys::NetNamespaceScope inside = sys::NetNamespaceScope::create();
    Slot slot{sys::current_net_namespace(), address};
    const std::string host_end = new_veth_name();
    set_container_sysctls();
    // Before eth0 exists, which inherits it; lo keeps ::1. The bridge is IPv4 only, and an address would cost a
    // duplicate detection for nothing.
    constexpr const char* kNoIpv6 = "net/ipv6/conf/default/disable_ipv6";
    if (sys::has_net_sysctl(kNoIpv6)) sys::set_net_sysctl(kNoIpv6, "1");

    sys::RouteBatch pair;
    pair.create_veth({host_end, "eth0", mac_of(address), bridge}, slot.netns);
    pair.set_hairpin(host_end);
    pair.set_alias(host_end, veth_alias(config, address));
    host.run(pair);

    const unsigned eth0 = sys::link_index("eth0");
    sys::RouteBatch configure;
    configure.set_up("lo");
    configure.set_up("eth0");
    configure.add_address(eth0, address.value, config.subnet.prefix());
    configure.add_default_route(config.subnet.gateway().value, eth0);
    sys::RouteSocket().run(configure);

    sys::RouteBatch sync;
    sync.sync_carrier(host_end);
    sync.sync_carrier(config.bridge);  // has a carrier since its first port has
    host.run(sync);
    return slot;
  });
}

}  // namespace minibox::network
