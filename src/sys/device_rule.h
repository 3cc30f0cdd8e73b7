// One line of a device cgroup (Documentation/admin-guide/cgroup-v1/devices.rst; cgroup-v2.rst, "Device controller"). In
// a list the last rule that matches decides; what none matches is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace minibox::sys {

struct DeviceRule {
  bool allow = false;
  char type = 'a';                    // 'c', 'b', or 'a' for both
  std::optional<std::int64_t> major;  // absent: any
  std::optional<std::int64_t> minor;
  std::string access = "rwm";  // read, write, mknod
  bool operator==(const DeviceRule&) const = default;
};

}  // namespace minibox::sys
