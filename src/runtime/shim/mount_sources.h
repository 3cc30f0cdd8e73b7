// The mounts that only the host's privileges can make, made detached by the shim and handed to the set-up by
// descriptor: the root overlay over idmapped layers, binds of host paths, sysfs, /dev with its nodes. Paths of the host
// are trusted to be what the planner wrote; paths of the container are never resolved here.
#pragma once

#include <vector>

#include "oci/runtime_spec.h"
#include "sys/fd.h"

namespace minibox::runtime::shim {

struct PreparedMounts {
  std::vector<sys::Fd> mounts;  // in the order of spec.mounts, only those of is_prepared_by_shim()
  // Detached copies that the overlay was made of and nobody attaches. To close one is to unmount it, which waits for an
  // RCU grace period (0.3 ms each): they are kept until the shim ends.
  std::vector<sys::Fd> kept;
};

// `user_namespace` is the container's, its maps written.
PreparedMounts prepare_mounts(const oci::RuntimeSpec& spec, const sys::Fd& user_namespace);

}  // namespace minibox::runtime::shim
