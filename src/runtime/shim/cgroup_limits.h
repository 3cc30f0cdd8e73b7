// The spec's limits as a cgroup takes them.
#pragma once

#include "oci/runtime_spec.h"
#include "sys/cgroup.h"

namespace minibox::runtime {

inline sys::CgroupLimits limits_of(const oci::Resources& resources) {
  return {resources.memory_limit, resources.memory_swap, resources.cpu_quota,       resources.cpu_period,
          resources.pids_limit,   resources.cpuset_cpus, resources.block_io_weight, resources.devices};
}

}  // namespace minibox::runtime
