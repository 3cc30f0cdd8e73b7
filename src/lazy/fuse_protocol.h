// The kernel's FUSE protocol: linux/fuse.h, which Debian 12 has as of 7.38, and what came later that is needed here.
#pragma once

#include <linux/fuse.h>

#include <cstdint>

namespace minibox::lazy {

// include/uapi/linux/fuse.h of Linux 6.12 (protocol 7.41): the mount may be id-mapped. Taken only together with the
// mount option default_permissions.
inline constexpr std::uint64_t kFuseAllowIdmap = 1ULL << 40;

}  // namespace minibox::lazy
