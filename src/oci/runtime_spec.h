// The OCI runtime spec's config.json as a plain value (opencontainers/runtime-spec v1.2: config.md, config-linux.md),
// the part of it that MiniBox uses. This is the launch spec: written to containers/<id>/config.json, and what the shim
// obeys is that file and nothing else. Unknown properties are ignored on parse, as the spec demands of runtimes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci/mount.h"
#include "sys/device_rule.h"

namespace minibox::oci {

struct User {
  unsigned uid = 0;
  unsigned gid = 0;
  std::vector<unsigned> additional_gids;
};

struct Capabilities {  // names as in capabilities(7): "CAP_CHOWN"
  std::vector<std::string> bounding;
  std::vector<std::string> effective;
  std::vector<std::string> permitted;
  std::vector<std::string> inheritable;
  std::vector<std::string> ambient;
};

struct Rlimit {
  std::string type;  // "RLIMIT_NOFILE"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

struct Process {
  bool terminal = false;
  unsigned console_height = 0;  // "consoleSize", characters; 0: not said
  unsigned console_width = 0;
  User user;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string cwd = "/";
  Capabilities capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = true;
  std::optional<int> oom_score_adj;
};

struct Namespace {
  std::string type;  // "user", "pid", "mount", "uts", "ipc", "network", "cgroup"
  std::string path;  // join this one instead of making a new one
};

struct Device {
  std::string path;
  char type = 'c';
  unsigned major = 0;
  unsigned minor = 0;
  unsigned file_mode = 0666;
};

using sys::DeviceRule;  // linux.resources.devices

struct Resources {                           // absent: no limit
  std::optional<std::int64_t> memory_limit;  // bytes
  std::optional<std::int64_t> memory_swap;   // bytes, memory + swap
  std::optional<std::int64_t> cpu_quota;     // microseconds per period
  std::optional<std::uint64_t> cpu_period;   // microseconds
  std::optional<std::int64_t> pids_limit;
  std::string cpuset_cpus;                      // "0-3,6"
  std::optional<std::int64_t> block_io_weight;  // 1 to 1000, the kernel's io.weight (v2) or blkio weight (v1)
  std::vector<DeviceRule> devices;              // empty: no device cgroup; otherwise what no rule allows is refused
};

struct RuntimeSpec {
  Process process;
  std::string root_path = "rootfs";  // unused while mounts[0] is "/" (decision 0003)
  bool root_readonly = false;
  std::string hostname;
  std::vector<Mount> mounts;
  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
  std::vector<Device> devices;
  std::string cgroups_path;
  Resources resources;
  std::map<std::string, std::string> sysctl;  // "net.core.somaxconn"; namespaced ones
  std::vector<std::string> masked_paths;
  std::vector<std::string> readonly_paths;
  std::string seccomp_json;  // "linux.seccomp" as raw JSON, empty when there is none
  std::map<std::string, std::string> annotations;

  static RuntimeSpec parse(const std::string& json);  // Error kInvalid naming the property
  std::string print() const;
};

// The filter compiled from linux.seccomp, an array of struct sock_filter; compiled once by the daemon, so that no start
// pays the millisecond that compiling takes.
inline constexpr char kSeccompBpfAnnotation[] = "dev.minibox.seccomp-bpf";
// Bytes that a container's log may take with its former generation; absent: the shim's default.
inline constexpr char kLogLimitAnnotation[] = "dev.minibox.log-limit";

}  // namespace minibox::oci
