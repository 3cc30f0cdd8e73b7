// Plans a container: image defaults + request + mounts + network -> OCI runtime spec. Pure: reads nothing, changes
// nothing, so every decision about isolation is a value that `minibox inspect` can print and a test can compare.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oci/mount.h"
#include "oci/runtime_spec.h"
#include "wire/run_request.h"

namespace minibox::runtime {

// What the image's config says (OCI image spec, config.md).
struct ImageDefaults {
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> env;
  std::string working_dir;
};

// What the daemon decides for every container; from its environment and the host.
struct LaunchPolicy {
  unsigned subuid_base = 100'000;
  unsigned subuid_count = 65'536;
  std::int64_t default_memory = 0;  // bytes; 0: none
  std::int64_t default_pids = 2048;
  std::string cgroup_parent = "/minibox";
  bool mount_cgroup = false;  // /sys/fs/cgroup read-only inside: on pure v2 hosts
  unsigned cpus = 1;          // for the per-cpu masked paths
  std::string seccomp_json;   // OCI linux.seccomp
  std::string seccomp_bpf;    // path of its compiled form
};

struct LaunchInput {
  std::string id;
  std::string bundle;  // absolute path; hosts, hostname and resolv.conf lie there
  wire::RunRequest request;
  ImageDefaults image;
  oci::User user;  // already numeric
  std::string home = "/root";
  std::vector<oci::Mount> root;   // from the snapshotter
  std::string network_namespace;  // path to join
};

// Error kInvalid: no command, bad volume, bad number, bad env; kUnsupported.
oci::RuntimeSpec plan_launch(const LaunchInput& input, const LaunchPolicy& policy);

// Error kInvalid when an id is none of the container's `count`.
void check_ids(const oci::User& user, unsigned count);

// "K=V" lists merged: a later entry replaces an earlier one of the same name, in the earlier one's place.
std::vector<std::string> merge_env(std::vector<std::string> base, const std::vector<std::string>& added);

// The 14 capabilities Docker gives by default (docs/threat-model.md says why each).
const std::vector<std::string>& default_capabilities();

}  // namespace minibox::runtime
