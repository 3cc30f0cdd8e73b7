// The device controller of cgroup v2, which is no file but a BPF program attached to the directory. It goes with the
// directory.
#pragma once

#include <vector>

#include "sys/device_rule.h"
#include "sys/fd.h"

namespace minibox::sys {

void attach_device_filter(const Fd& cgroup, const std::vector<DeviceRule>& rules);  // Error with the call

}  // namespace minibox::sys
