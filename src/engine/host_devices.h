// Devices of the host that a request names: "HOST[:CONTAINER][:rwm]".
#pragma once

#include <string>
#include <vector>

#include "runtime/plan_limits.h"

namespace minibox::engine {

struct DeviceRequest {
  std::string host;
  std::string container;  // "/dev/...", the host's path unless given
  std::string access;     // letters of "rwm"
};

DeviceRequest parse_device_request(const std::string& text);  // Error kInvalid

// Looks at the host's nodes. Error kInvalid when one is missing or no device.
std::vector<runtime::HostDevice> find_host_devices(const std::vector<std::string>& requests);

}  // namespace minibox::engine
