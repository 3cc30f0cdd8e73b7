// Host directories, named volumes and tmpfs of a container as mounts. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci/mount.h"
#include "oci/runtime_spec.h"
#include "wire/run_request.h"

namespace minibox::runtime {

// By destination, so that /data comes before /data/sub, which it would hide otherwise. `named_dir` is where named
// volumes lie; `spec` has the id mappings and the memory limit, half of which is a tmpfs's size unless one is given, as
// half of the host's memory is for the kernel. Error kInvalid naming the volume.
std::vector<oci::Mount> plan_volumes(const wire::RunRequest& request, const std::string& named_dir,
                                     const oci::RuntimeSpec& spec);

// The options of /dev/shm.
std::vector<std::string> plan_shm_options(const wire::RunRequest& request);

bool is_volume_name(const std::string& name);     // [A-Za-z0-9][A-Za-z0-9_.-]{0,63}
void check_volume_name(const std::string& name);  // kInvalid

}  // namespace minibox::runtime
