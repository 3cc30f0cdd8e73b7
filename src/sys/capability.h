// Capability sets (capabilities(7)) as bit masks. For single-threaded callers: the system calls change one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace minibox::sys {

using CapabilityMask = std::uint64_t;

CapabilityMask capability_mask(const std::vector<std::string>& names);  // "CAP_CHOWN"; unknown: Error kInvalid

void drop_bounding_set(CapabilityMask keep);  // every capability outside `keep`, up to the kernel's last
struct CapabilitySets {
  CapabilityMask effective = 0;
  CapabilityMask permitted = 0;
  CapabilityMask inheritable = 0;
};
void set_capabilities(const CapabilitySets& sets);
CapabilitySets current_capabilities();
CapabilityMask current_bounding_set();
CapabilityMask current_ambient();
void set_ambient(CapabilityMask ambient);  // clears the others first
void keep_capabilities_over_setuid();      // PR_SET_KEEPCAPS

}  // namespace minibox::sys
