// The root file system: an overlay over idmapped copies of the layers and of the upper directory, so that files keep
// the container's ids on disk and nothing is ever chowned (kernel 5.19 or later; mount_setattr(2), MOUNT_ATTR_IDMAP).
#pragma once

#include <string>
#include <vector>

#include "oci/runtime_spec.h"
#include "sys/fd.h"

namespace minibox::runtime::shim {

// The host id of the container's id 0.
unsigned host_root(const std::vector<oci::IdMapping>& mappings);

// A detached copy of the tree at `path`, idmapped when the mount asks for it.
sys::Fd idmapped_copy(const oci::Mount& mount, const std::string& path, bool recursive, const sys::Fd& user_namespace);

// The detached overlay. What must stay open while it lives goes into `kept`, see PreparedMounts.
sys::Fd make_overlay(const oci::RuntimeSpec& spec, const oci::Mount& mount, const sys::Fd& user_namespace,
                     std::vector<sys::Fd>& kept);

}  // namespace minibox::runtime::shim
