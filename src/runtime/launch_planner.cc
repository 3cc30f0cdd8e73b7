#include "runtime/launch_planner.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "runtime/bundle.h"
#include "runtime/plan_capabilities.h"
#include "runtime/plan_volumes.h"

namespace minibox::runtime {
namespace {

constexpr char kDefaultPath[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::int64_t kMebibyte = 1 << 20;
constexpr std::int64_t kCpuPeriod = 100'000;
constexpr int kDatabaseOomScore = -900;
constexpr std::int64_t kDatabaseIoWeight = 800;
constexpr std::int64_t kMinCpuQuota = 1000;  // the kernel refuses less (sched-bwc.rst)

[[noreturn]] void invalid(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::kInvalid, message).with_hint(hint);
}

std::string key_of(const std::string& entry) {
  return entry.substr(0, entry.find('='));
}

std::vector<std::string> plan_args(const LaunchInput& input) {
  std::vector<std::string> args = input.image.entrypoint;
  const std::vector<std::string>& rest = input.request.command.empty() ? input.image.cmd : input.request.command;
  args.insert(args.end(), rest.begin(), rest.end());
  if (args.empty()) invalid("no command provided and image has no default command");
  return args;
}

// hostname(7): letters, digits, hyphens and dots, at most 64 characters.
void check_hostname(const std::string& name) {
  bool good = name.size() <= 64 && name[0] != '-' && name[0] != '.';
  for (const char c : name) {
    good = good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.');
  }
  if (!good)
    invalid("invalid host name " + quote(name),
            "letters, digits, '-' and '.', at most 64, beginning with a letter or digit");
}

std::string plan_hostname(const LaunchInput& input) {
  if (!input.request.hostname.empty()) {
    check_hostname(input.request.hostname);
    return input.request.hostname;
  }
  return input.request.name.empty() ? input.id : input.request.name;
}

std::vector<std::string> plan_env(const LaunchInput& input) {
  for (const std::string& entry : input.request.env) {
    if (entry.empty() || entry[0] == '=' || entry.find('=') == std::string::npos) {
      invalid("environment entry " + quote(entry) + " is not NAME=VALUE");
    }
  }
  std::vector<std::string> defaults = {kDefaultPath, "HOME=" + input.home, "TERM=xterm",
                                       "HOSTNAME=" + plan_hostname(input)};
  return merge_env(merge_env(std::move(defaults), input.image.env), input.request.env);
}

}  // namespace

void check_ids(const oci::User& user, unsigned count) {
  std::vector<unsigned> ids = user.additional_gids;
  ids.insert(ids.end(), {user.uid, user.gid});
  for (const unsigned id : ids) {
    if (id < count) continue;
    invalid(
        "user or group id " + std::to_string(id) + " is outside the container's ids, 0 to " + std::to_string(count - 1),
        "raise MINIBOX_SUBUID_COUNT of the daemon");
  }
}

namespace {

bool uses_host_ids(const wire::RunRequest& request, const LaunchPolicy& policy) {
  const std::string& userns = request.userns;
  if (userns != "" && userns != "host" && userns != "private")
    invalid("unknown user namespace mode " + quote(userns), "'host' and 'private' are known");
  return userns.empty() ? policy.host_ids : userns == "host";
}

std::optional<int> plan_oom_score(const wire::RunRequest& request, const LaunchPolicy& policy) {
  if (request.oom_score_adj) return static_cast<int>(*request.oom_score_adj);
  // db_mode's preference, not a demand: a daemon without CAP_SYS_RESOURCE can't keep it.
  return request.db_mode && policy.can_lower_oom_score ? std::optional(kDatabaseOomScore) : std::nullopt;
}

oci::Process plan_process(const LaunchInput& input, const LaunchPolicy& policy) {
  const bool host_ids = uses_host_ids(input.request, policy);
  if (!host_ids) check_ids(input.user, policy.subuid_count);
  oci::Process process;
  process.user = input.user;
  process.terminal = input.request.tty;
  process.console_height = static_cast<unsigned>(input.request.rows);
  process.console_width = static_cast<unsigned>(input.request.columns);
  process.args = plan_args(input);
  process.env = plan_env(input);
  process.cwd = !input.request.workdir.empty()    ? input.request.workdir
                : input.image.working_dir.empty() ? "/"
                                                  : input.image.working_dir;
  if (process.cwd[0] != '/') invalid("working directory " + quote(process.cwd) + " is not absolute");
  if (!host_ids) refuse_idle_capabilities(input.request);
  process.capabilities.bounding = plan_capabilities(input.request, host_ids);
  process.capabilities.effective = process.capabilities.bounding;
  process.capabilities.permitted = process.capabilities.bounding;
  process.rlimits = plan_rlimits(input.request);
  process.oom_score_adj = plan_oom_score(input.request, policy);
  return process;
}

oci::Mount file_bind(const std::string& source, const std::string& destination, const oci::RuntimeSpec& spec) {
  return {destination, "bind", source, {"bind", "nosuid", "nodev", "noexec"}, spec.uid_mappings, spec.gid_mappings};
}

// hosts, hostname and resolv.conf, unless a volume takes their place; after the volumes, one of which may be /etc.
void plan_name_files(const LaunchInput& input, oci::RuntimeSpec& spec) {
  constexpr std::pair<const char*, const char*> kFiles[] = {
      {kHostsFile, "/etc/hosts"}, {kHostnameFile, "/etc/hostname"}, {kResolvFile, "/etc/resolv.conf"}};
  for (const auto& [file, destination] : kFiles) {
    const bool taken = std::any_of(spec.mounts.begin(), spec.mounts.end(),
                                   [&](const oci::Mount& mount) { return mount.destination == destination; });
    if (taken) continue;
    spec.mounts.push_back(file_bind(input.bundle + "/" + file, destination, spec));
    if (spec.root_readonly) spec.mounts.back().options.emplace_back("ro");
  }
}

void plan_mounts(const LaunchInput& input, const LaunchPolicy& policy, oci::RuntimeSpec& spec) {
  spec.mounts = input.root;
  for (oci::Mount& mount : spec.mounts) {
    mount.uid_mappings = spec.uid_mappings;
    mount.gid_mappings = spec.gid_mappings;
    // The overlay belongs to the host's user namespace: a device node in a layer would open the host's device.
    mount.options.emplace_back("nodev");
  }
  const std::vector<oci::Mount> standard = {
      {"/proc", "proc", "proc", {"nosuid", "nodev", "noexec"}, {}, {}},
      {"/dev", "tmpfs", "dev", {"nosuid", "noexec", "mode=755", "size=65536k"}, {}, {}},
      {"/dev/pts",
       "devpts",
       "devpts",
       {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"},
       {},
       {}},
      {"/dev/shm", "tmpfs", "shm", plan_shm_options(input.request), {}, {}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "nodev", "noexec"}, {}, {}},
      {"/sys", "sysfs", "sysfs", {"ro", "nosuid", "nodev", "noexec"}, {}, {}},
  };
  spec.mounts.insert(spec.mounts.end(), standard.begin(), standard.end());
  if (policy.mount_cgroup) {
    spec.mounts.push_back({"/sys/fs/cgroup", "cgroup2", "cgroup", {"ro", "nosuid", "nodev", "noexec"}, {}, {}});
  }
  const std::vector<oci::Mount> volumes = plan_volumes(input.request, input.volumes_dir, spec);
  spec.mounts.insert(spec.mounts.end(), volumes.begin(), volumes.end());
  plan_name_files(input, spec);
}

}  // namespace

oci::Resources plan_resources(const wire::RunRequest& request, const LaunchPolicy& policy) {
  oci::Resources resources;
  const std::int64_t memory = request.memory > 0 ? request.memory * kMebibyte : policy.default_memory;
  if (memory > 0) {
    resources.memory_limit = memory;
    resources.memory_swap = memory;  // no swap on top: a limit that spills to disk is none
  }
  if (request.cpu != 0 && request.cpus != 0) invalid("cpu and cpus exclude each other", "cpus 1.5 is cpu 150000");
  const std::int64_t quota =
      request.cpu != 0 ? request.cpu : std::llround(request.cpus * static_cast<double>(kCpuPeriod));
  if (quota != 0) {
    if (quota < kMinCpuQuota)
      invalid("cpu quota " + std::to_string(quota) + " is below " + std::to_string(kMinCpuQuota) + " microseconds");
    resources.cpu_quota = quota;
    resources.cpu_period = kCpuPeriod;
  }
  const std::int64_t pids = request.pids_limit == 0 ? policy.default_pids : request.pids_limit;
  if (pids > 0) resources.pids_limit = pids;
  if (request.db_mode && policy.has_io_weight) resources.block_io_weight = kDatabaseIoWeight;
  add_resources(request, resources);
  return resources;
}

namespace {

std::vector<oci::Device> standard_devices() {
  return {{"/dev/null", 'c', 1, 3, 0666},   {"/dev/zero", 'c', 1, 5, 0666},    {"/dev/full", 'c', 1, 7, 0666},
          {"/dev/random", 'c', 1, 8, 0666}, {"/dev/urandom", 'c', 1, 9, 0666}, {"/dev/tty", 'c', 5, 0, 0666}};
}

// In a user namespace the kernel lets nobody make device nodes, and the nodes of layers are dead: what is in /dev is
// all there is. Without one, or when an access is to be narrowed, the device cgroup says so too.
void plan_devices(const LaunchInput& input, bool host_ids, oci::RuntimeSpec& spec) {
  spec.devices = standard_devices();
  if (host_ids || !input.devices.empty()) spec.resources.devices = plan_device_rules(spec.devices, input.devices);
  for (const HostDevice& entry : input.devices) spec.devices.push_back(entry.device);
}

std::vector<std::string> masked_paths(unsigned cpus) {
  std::vector<std::string> paths = {"/proc/acpi",        "/proc/asound",  "/proc/interrupts",
                                    "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
                                    "/proc/sched_debug", "/proc/scsi",    "/proc/timer_list",
                                    "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap"};
  for (unsigned cpu = 0; cpu < cpus; ++cpu) {
    paths.push_back("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/thermal_throttle");
  }
  return paths;
}

}  // namespace

std::vector<std::string> merge_env(std::vector<std::string> base, const std::vector<std::string>& added) {
  for (const std::string& entry : added) {
    bool replaced = false;
    for (std::string& existing : base) {
      if (key_of(existing) != key_of(entry)) continue;
      existing = entry;
      replaced = true;
      break;
    }
    if (!replaced) base.push_back(entry);
  }
  return base;
}

oci::RuntimeSpec plan_launch(const LaunchInput& input, const LaunchPolicy& policy) {
  const bool host_ids = uses_host_ids(input.request, policy);
  oci::RuntimeSpec spec;
  spec.process = plan_process(input, policy);
  spec.hostname = plan_hostname(input);
  spec.root_readonly = input.request.read_only;
  if (!host_ids) spec.uid_mappings = {{0, policy.subuid_base, policy.subuid_count}};
  spec.gid_mappings = spec.uid_mappings;
  spec.resources = plan_resources(input.request, policy);
  plan_mounts(input, policy, spec);
  spec.namespaces = {{"pid", ""}, {"mount", ""},  {"uts", ""},
                     {"ipc", ""}, {"cgroup", ""}, {"network", input.network_namespace}};
  if (!host_ids) spec.namespaces.insert(spec.namespaces.begin(), {"user", ""});
  plan_devices(input, host_ids, spec);
  spec.cgroups_path = policy.cgroup_parent + "/" + input.id;
  spec.sysctl = plan_sysctls(input.request);
  spec.masked_paths = masked_paths(policy.cpus);
  spec.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  const SeccompFilter& seccomp = input.seccomp ? *input.seccomp : policy.seccomp;
  spec.seccomp_json = seccomp.json;
  if (!seccomp.bpf.empty()) spec.annotations[oci::kSeccompBpfAnnotation] = seccomp.bpf;
  if (policy.log_limit != kDefaultLogLimit)
    spec.annotations[oci::kLogLimitAnnotation] = std::to_string(policy.log_limit);
  return spec;
}

}  // namespace minibox::runtime
