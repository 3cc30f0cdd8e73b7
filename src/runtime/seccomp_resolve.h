// Docker's and Podman's seccomp profiles, one file for all machines and capability sets, resolved to the OCI form of
// one container: archMap to architectures, rules with includes and excludes (caps, arches, minKernel) kept or left out.
// A profile that is in OCI form already comes out the same.
#pragma once

#include <string>
#include <vector>

namespace minibox::runtime {

struct SeccompConditions {
  std::vector<std::string> capabilities;  // of the container's bounding set: "CAP_SYS_ADMIN"
  int kernel_major = 0;
  int kernel_minor = 0;

  static SeccompConditions of_this_kernel(std::vector<std::string> capabilities);
};

// Error kInvalid naming the member: broken JSON, or a condition that is not known and so can't be decided.
std::string resolve_seccomp(const std::string& profile_json, const SeccompConditions& conditions);

}  // namespace minibox::runtime
