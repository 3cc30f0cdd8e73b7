// Plans a container: image defaults + request + mounts + network -> OCI runtime spec. Pure: reads nothing, changes
// nothing, so every decision about isolation is a value that `minibox inspect` can print and a test can compare.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oci/mount.h"
#include "oci/runtime_spec.h"
#include "runtime/log_index.h"
#include "runtime/plan_limits.h"
#include "wire/run_request.h"

namespace minibox::runtime {

// What the image's config says (OCI image spec, config.md).
struct ImageDefaults {
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> env;
  std::string working_dir;
};

struct SeccompFilter {
  std::string json;  // OCI linux.seccomp; empty: none
  std::string bpf;   // path of its compiled form
};

// What the daemon decides for every container; from its environment and the host.
struct LaunchPolicy {
  unsigned subuid_base = 100'000;
  unsigned subuid_count = 65'536;
  std::int64_t default_memory = 0;             // bytes; 0: none
  std::uint64_t log_limit = kDefaultLogLimit;  // bytes
  std::int64_t default_pids = 2048;
  std::string cgroup_parent = "/minibox";
  bool mount_cgroup = false;         // /sys/fs/cgroup read-only inside: on pure v2 hosts
  unsigned cpus = 1;                 // for the per-cpu masked paths
  SeccompFilter seccomp;             // for the default capabilities
  bool host_ids = false;             // no user namespace unless a container asks for one
  bool can_lower_oom_score = false;  // what this host lets db_mode have
  bool has_io_weight = false;
};

struct LaunchInput {
  std::string id;
  std::string bundle;  // absolute path; hosts, hostname and resolv.conf lie there
  wire::RunRequest request;
  ImageDefaults image;
  oci::User user;  // already numeric
  std::string home = "/root";
  std::vector<oci::Mount> root;          // from the snapshotter
  std::string network_namespace;         // path to join
  std::string volumes_dir;               // where named volumes lie
  std::vector<HostDevice> devices;       // request.devices, looked up
  std::optional<SeccompFilter> seccomp;  // instead of the policy's: see engine/seccomp_choice.h
};

// Error kInvalid: no command, bad volume, bad number, bad env; kUnsupported.
oci::RuntimeSpec plan_launch(const LaunchInput& input, const LaunchPolicy& policy);

// The limits alone: what plan_launch puts into the spec, and what a running container is given by an update.
oci::Resources plan_resources(const wire::RunRequest& request, const LaunchPolicy& policy);
// Error kInvalid when an id is none of the container's `count`.
void check_ids(const oci::User& user, unsigned count);

// "K=V" lists merged: a later entry replaces an earlier one of the same name, in the earlier one's place.
std::vector<std::string> merge_env(std::vector<std::string> base, const std::vector<std::string>& added);

}  // namespace minibox::runtime
