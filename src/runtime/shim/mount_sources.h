// The mounts that only the host's privileges can make, made detached by the shim and handed to the set-up by descriptor:
// the root overlay over idmapped layers, binds of host paths, sysfs, /dev with its nodes. Paths of the host are trusted to
// be what the planner wrote; paths of the container are never resolved here.
#pragma once

#include <vector>

#include "oci/runtime_spec.h"
#include "sys/fd.h"

namespace minibox::runtime::shim {

// In the order of spec.mounts, only those of is_prepared_by_shim(). `user_namespace` is the container's, its maps written.
std::vector<sys::Fd> prepare_mounts(const oci::RuntimeSpec& spec, const sys::Fd& user_namespace);

}  // namespace minibox::runtime::shim
