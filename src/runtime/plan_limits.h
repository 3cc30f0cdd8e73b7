// What a request asks of the kernel's limits and settings, checked and in the terms of the OCI runtime spec. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "oci/runtime_spec.h"
#include "wire/run_request.h"

namespace minibox::runtime {

// A device of the host that the request names, as the engine has found it.
struct HostDevice {
  oci::Device device;         // path: in the container
  std::string access = "rw";  // letters of "rwm"
};

// Default limits with the request's ulimits in their place. Error kInvalid.
std::vector<oci::Rlimit> plan_rlimits(const wire::RunRequest& request);

// Only keys that the kernel keeps for each ipc or network namespace; others are Error kDenied with the reason.
std::map<std::string, std::string> plan_sysctls(const wire::RunRequest& request);

// cpuset, io weight and swap, into `resources`, whose memory limit is set. Error kInvalid.
void add_resources(const wire::RunRequest& request, oci::Resources& resources);

// The device cgroup: the nodes of `devices`, terminals, and what the request names, each with its access.
std::vector<oci::DeviceRule> plan_device_rules(const std::vector<oci::Device>& devices,
                                               const std::vector<HostDevice>& asked);

}  // namespace minibox::runtime
