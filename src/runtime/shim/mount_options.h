// mount(8) words of an OCI mount, split into what the kernel takes in different places.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "oci/mount.h"
#include "sys/mount.h"

namespace minibox::runtime {

struct MountOptions {
  sys::MountAttributes attributes;                        // "ro", "nosuid", ...
  bool recursive_bind = false;                            // "rbind"
  std::vector<std::pair<std::string, std::string>> data;  // "size=64m" -> {"size", "64m"}; a flag has an empty value
};

MountOptions parse_options(const oci::Mount& mount);  // Error kUnsupported for propagation words and the like

// True for mounts that only the shim, with the host's privileges, can make: binds of host paths, sysfs of a joined
// network namespace, the /dev with device nodes, the root.
bool is_prepared_by_shim(const oci::Mount& mount);

}  // namespace minibox::runtime
