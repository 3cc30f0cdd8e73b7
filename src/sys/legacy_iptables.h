// The FORWARD chain of the old iptables (iptables-legacy, not the one on nftables), through libip4tc. Its policy may be
// DROP, which no accept of ours in nftables overrules. Acts on the network namespace of the calling thread.
#pragma once

#include <string>

namespace minibox::sys {

// False when the kernel has no legacy filter table here; asking never loads one.
bool has_legacy_filter_table();

// Accepts what comes from or goes to `interface`, before all other rules. Idempotent.
void accept_legacy_forward(const std::string& interface);
void remove_legacy_forward(const std::string& interface);  // absent is fine

}  // namespace minibox::sys
