#include "runtime/launch_planner.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "runtime/bundle.h"

namespace minibox::runtime {
namespace {

constexpr char kDefaultPath[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::int64_t kMebibyte = 1 << 20;
constexpr std::int64_t kCpuPeriod = 100'000;
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

oci::Process plan_process(const LaunchInput& input, const LaunchPolicy& policy) {
  check_ids(input.user, policy.subuid_count);
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
  process.capabilities.bounding = default_capabilities();
  process.capabilities.effective = default_capabilities();
  process.capabilities.permitted = default_capabilities();
  process.rlimits = {{"RLIMIT_CORE", 0, 0}, {"RLIMIT_NOFILE", 1024, 4096}, {"RLIMIT_NPROC", 4096, 4096}};
  return process;
}

oci::Mount file_bind(const std::string& source, const std::string& destination, const oci::RuntimeSpec& spec) {
  return {destination, "bind", source, {"bind", "nosuid", "nodev", "noexec"}, spec.uid_mappings, spec.gid_mappings};
}

// "/a//b/" -> "/a/b"; anything that is not a place below "/" is refused.
std::string volume_destination(const std::string& path) {
  std::string normal;
  bool good = path.starts_with("/");
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    good = good && part != "..";
    normal += "/" + part;
  }
  for (const char* taken : {"/proc", "/sys", "/dev"}) {
    if (normal == taken || normal.starts_with(std::string(taken) + "/")) {
      invalid("a volume can't be at " + quote(normal) + ": the container's own " + taken + " is there");
    }
  }
  if (good && !normal.empty()) return normal;
  invalid("invalid container volume path " + quote(path), "give an absolute path below '/', as in -v /srv/data:/data");
}

oci::Mount plan_volume(const std::string& source, const std::string& target, const oci::RuntimeSpec& spec) {
  const size_t colon = target.find(':');
  const std::string mode = colon == std::string::npos ? "rw" : target.substr(colon + 1);
  if (source.empty() || source[0] != '/') invalid("volume source " + quote(source) + " is not an absolute path");
  if (mode != "ro" && mode != "rw") invalid("volume option " + quote(mode) + " is not 'ro' or 'rw'");
  return {volume_destination(target.substr(0, colon)),
          "bind",
          source,
          {"rbind", mode, "nosuid", "nodev"},
          spec.uid_mappings,
          spec.gid_mappings};
}

// By destination, so that /data comes before /data/sub, which it would hide otherwise.
std::vector<oci::Mount> plan_volumes(const wire::RunRequest& request, const oci::RuntimeSpec& spec) {
  std::vector<oci::Mount> volumes;
  for (const auto& [source, target] : request.volumes) volumes.push_back(plan_volume(source, target, spec));
  std::sort(volumes.begin(), volumes.end(),
            [](const oci::Mount& a, const oci::Mount& b) { return a.destination < b.destination; });
  for (size_t i = 1; i < volumes.size(); ++i) {
    if (volumes[i].destination == volumes[i - 1].destination) {
      invalid("two volumes for " + quote(volumes[i].destination) + ": " + quote(volumes[i - 1].source) + " and " +
              quote(volumes[i].source));
    }
  }
  return volumes;
}

// hosts, hostname and resolv.conf, unless a volume takes their place; after the volumes, one of which may be /etc.
void plan_name_files(const LaunchInput& input, oci::RuntimeSpec& spec) {
  constexpr std::pair<const char*, const char*> kFiles[] = {
      {kHostsFile, "/etc/hosts"}, {kHostnameFile, "/etc/hostname"}, {kResolvFile, "/etc/resolv.conf"}};
  for (const auto& [file, destination] : kFiles) {
    const bool taken = std::any_of(spec.mounts.begin(), spec.mounts.end(),
                                   [&](const oci::Mount& mount) { return mount.destination == destination; });
    if (!taken) spec.mounts.push_back(file_bind(input.bundle + "/" + file, destination, spec));
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
      {"/dev/shm", "tmpfs", "shm", {"nosuid", "nodev", "noexec", "mode=1777", "size=65536k"}, {}, {}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "nodev", "noexec"}, {}, {}},
      {"/sys", "sysfs", "sysfs", {"ro", "nosuid", "nodev", "noexec"}, {}, {}},
  };
  spec.mounts.insert(spec.mounts.end(), standard.begin(), standard.end());
  if (policy.mount_cgroup) {
    spec.mounts.push_back({"/sys/fs/cgroup", "cgroup2", "cgroup", {"ro", "nosuid", "nodev", "noexec"}, {}, {}});
  }
  const std::vector<oci::Mount> volumes = plan_volumes(input.request, spec);
  spec.mounts.insert(spec.mounts.end(), volumes.begin(), volumes.end());
  plan_name_files(input, spec);
}

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
  return resources;
}

std::vector<oci::Device> standard_devices() {
  return {{"/dev/null", 'c', 1, 3, 0666},   {"/dev/zero", 'c', 1, 5, 0666},    {"/dev/full", 'c', 1, 7, 0666},
          {"/dev/random", 'c', 1, 8, 0666}, {"/dev/urandom", 'c', 1, 9, 0666}, {"/dev/tty", 'c', 5, 0, 0666}};
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

const std::vector<std::string>& default_capabilities() {
  static const std::vector<std::string> kNames = {
      "CAP_AUDIT_WRITE", "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",    "CAP_FSETID",
      "CAP_KILL",        "CAP_MKNOD",   "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",   "CAP_SETFCAP",
      "CAP_SETGID",      "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT"};
  return kNames;
}

oci::RuntimeSpec plan_launch(const LaunchInput& input, const LaunchPolicy& policy) {
  oci::RuntimeSpec spec;
  spec.process = plan_process(input, policy);
  spec.hostname = plan_hostname(input);
  spec.uid_mappings = {{0, policy.subuid_base, policy.subuid_count}};
  spec.gid_mappings = spec.uid_mappings;
  plan_mounts(input, policy, spec);
  spec.namespaces = {{"user", ""},
                     {"pid", ""},
                     {"mount", ""},
                     {"uts", ""},
                     {"ipc", ""},
                     {"cgroup", ""},
                     {"network", input.network_namespace}};
  spec.devices = standard_devices();
  spec.cgroups_path = policy.cgroup_parent + "/" + input.id;
  spec.resources = plan_resources(input.request, policy);
  spec.masked_paths = masked_paths(policy.cpus);
  spec.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  spec.seccomp_json = policy.seccomp_json;
  if (!policy.seccomp_bpf.empty()) spec.annotations[oci::kSeccompBpfAnnotation] = policy.seccomp_bpf;
  return spec;
}

}  // namespace minibox::runtime
