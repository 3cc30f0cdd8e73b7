// A FUSE file system of ours: made and attached, then its first request answered, so that whoever finds the mount can
// use it, id-mapped too.
#pragma once

#include <string>

#include "sys/fd.h"

namespace minibox::lazy {

// Attaches an empty, read-only FUSE file system over the directory `target` of this mount namespace. What is returned
// is /dev/fuse, for shake_hands(). Takes root's rights; whoever uses the mount waits. kUnsupported when the kernel has
// no FUSE.
sys::Fd mount_fuse(const std::string& target);

// Answers the kernel's first request, which needs no rights; from now on others come from the device, non-blocking,
// until the last mount of the file system is gone. `passthrough`: backing files are to be named (open_files.h); then
// the file system counts as one that lies on another, with room for one overlayfs above. False when the kernel can't
// (Linux 6.9). kUnsupported when it can't id-map FUSE mounts (Linux 6.12).
bool shake_hands(const sys::Fd& device, bool passthrough);

}  // namespace minibox::lazy
