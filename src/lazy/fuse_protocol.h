// The kernel's FUSE protocol: linux/fuse.h, which Debian 12 has as of 7.38, and what came later that is needed here.
#pragma once

#include <linux/fuse.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace minibox::lazy {

// include/uapi/linux/fuse.h of Linux 6.12 (protocol 7.41): the mount may be id-mapped. Taken only together with the
// mount option default_permissions.
inline constexpr std::uint64_t kFuseAllowIdmap = 1ULL << 40;

// Of Linux 6.9 (protocol 7.40): an open file may be read past us, from a backing file that the kernel was told of.
inline constexpr std::uint64_t kFusePassthrough = 1ULL << 37;
inline constexpr std::uint32_t kFopenPassthrough = 1U << 7;

// fuse_open_out, whose padding has become the number of the backing file.
struct FuseOpenAnswer {
  std::uint64_t handle = 0;
  std::uint32_t flags = 0;
  std::int32_t backing = 0;
};
static_assert(sizeof(FuseOpenAnswer) == sizeof(fuse_open_out));

// max_stack_depth, behind flags2 of fuse_init_out: how many file systems, this one among them, may lie on each other.
inline void set_stack_depth(fuse_init_out& answer, std::uint32_t depth) {
  std::memcpy(reinterpret_cast<char*>(&answer) + offsetof(fuse_init_out, flags2) + sizeof answer.flags2, &depth,
              sizeof depth);
}

// What /dev/fuse is asked with CAP_SYS_ADMIN: the number of a new backing file (fuse_backing_map), and to forget one.
struct FuseBackingFile {
  std::int32_t fd = -1;
  std::uint32_t flags = 0;
  std::uint64_t padding = 0;
};
inline constexpr unsigned long kBackingOpen = _IOW(229, 1, FuseBackingFile);
inline constexpr unsigned long kBackingClose = _IOW(229, 2, std::uint32_t);

}  // namespace minibox::lazy
