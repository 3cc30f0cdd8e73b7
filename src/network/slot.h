// A network slot: a fresh network namespace, ready for a container to be born into, by itself (`none`) or with an
// `eth0` on the bridge. Never used twice: connections in TIME_WAIT and counters of one container are not another's.
//
// The namespace belongs to the host's user namespace while the container has its own, so nothing in the container has
// any capability over it; what an ordinary container may expect is therefore set here: lo up, ports from 0 on, ping.
#pragma once

#include <optional>
#include <string>

#include "network/config.h"
#include "network/subnet.h"
#include "sys/fd.h"

namespace minibox::network {

struct Slot {
  sys::Fd netns;
  std::optional<Ipv4> address;  // with a bridge only
};

Slot make_isolated_slot();
// `bridge` is the bridge's index. Closing the descriptor is the undo: the kernel then destroys both ends in the
// background, where deleting them here would wait 16 ms.
Slot make_bridge_slot(const Config& config, unsigned bridge, Ipv4 address);

}  // namespace minibox::network
