// The bridge of this daemon in the host's network namespace: made when the first container needs it, removed by
// shutdown when none is left. One thread at a time (Network holds its mutex).
#pragma once

#include <vector>

#include "network/config.h"
#include "network/subnet.h"

namespace minibox::network {

// Index of the bridge, or 0.
unsigned bridge_index(const Config& config);

// Makes what is missing of: bridge with gateway address, up, no IPv6, route_localnet, ip_forward of the host. A bridge
// that was deleted under its containers gets their veths back. Returns its index. kConflict when the name or the subnet
// belongs to somebody else.
unsigned ensure_bridge(const Config& config);

// Deletes the host ends of ours whose address is not in `live`. A namespace that dies takes its veth along, so only one
// that something still holds has such a leftover.
void remove_stale_veths(const Config& config, const std::vector<Ipv4>& live);

void remove_bridge(const Config& config);  // absent is fine; one that is not ours is left alone

}  // namespace minibox::network
