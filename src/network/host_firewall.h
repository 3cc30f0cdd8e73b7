// Living with the firewall of the host: an accept in a table of ours does not overrule a drop in another one, so where
// iptables filters forwarded packets (a host with Docker has policy DROP) two accepts for our bridge are put at its
// top, marked "minibox:<bridge>". Nothing of them lets more in: our own forward chain still drops what was not
// published.
#pragma once

#include <string>
#include <vector>

#include "network/config.h"

namespace minibox::network {

void open_forward_chain(const Config& config);   // idempotent; nothing to do where iptables is not in use
void close_forward_chain(const Config& config);  // absent is fine

// Other chains that drop forwarded packets by default, which minibox leaves alone; one text for the log each.
std::vector<std::string> forward_warnings(const Config& config);

}  // namespace minibox::network
