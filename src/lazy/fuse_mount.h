// A FUSE file system of ours: made, attached, and its first request answered, so that whoever finds the mount can use
// it, id-mapped too.
#pragma once

#include <string>

#include "sys/fd.h"

namespace minibox::lazy {

// Attaches an empty, read-only FUSE file system over the directory `target` of this mount namespace and shakes hands
// with the kernel. What is returned is /dev/fuse, non-blocking: requests come from it until the last mount of the file
// system is gone. kUnsupported when the kernel has no FUSE, or none that can be id-mapped (Linux 6.12).
sys::Fd mount_fuse(const std::string& target);

}  // namespace minibox::lazy
