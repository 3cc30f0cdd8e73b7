#include <array>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "sys/cgroup_backends.h"
#include "sys/cgroup_files.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

// First those that every process of a container is in: processes() takes the first that has any.
constexpr std::array<std::string_view, 9> kControllers = {"unified", "freezer", "cpuacct", "pids", "memory",
                                                          "cpu",     "cpuset",  "devices", "blkio"};

[[noreturn]] void missing(const std::string& what) {
  throw Error(ErrorKind::kUnsupported, what).with_hint("boot with the controller enabled, or run without this limit");
}

// "c 1:3 rwm"; devices.rst.
std::string line_of(const DeviceRule& rule) {
  if (rule.type == 'a') return "a";
  const auto number = [](const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "*"; };
  return std::string(1, rule.type) + " " + number(rule.major) + ":" + number(rule.minor) + " " + rule.access;
}

}  // namespace

std::vector<std::string> CgroupV1::hierarchies(const std::string& root) {
  std::vector<std::string> found;
  for (const std::string_view controller : kControllers) {
    const std::string dir = root + "/" + std::string(controller);
    if (exists(dir)) found.push_back(dir);
  }
  return found;
}

std::string CgroupV1::use(const std::string& controller) const {
  if (!exists(root_ + "/" + controller)) {
    missing("cgroup controller '" + controller + "' is not mounted at " + root_);
  }
  make_cgroup_dir(dir(controller));
  return dir(controller);
}

void CgroupV1::limit_memory(const CgroupLimits& limits) {
  const std::string memory = use("memory");
  write_cgroup_file(memory, "memory.limit_in_bytes", std::to_string(*limits.memory));
  const std::int64_t swap = limits.memory_swap.value_or(*limits.memory);
  // Present only where the kernel accounts swap; without it nobody can have swap on top limited, or allowed.
  if (exists(memory + "/memory.memsw.limit_in_bytes")) {
    write_cgroup_file(memory, "memory.memsw.limit_in_bytes", std::to_string(swap));
  } else if (swap != *limits.memory) {
    missing("cgroup controller 'memory' does not account swap (memory.memsw.limit_in_bytes): swapaccount=1 is off");
  }
}

// A cpuset without processors or memory nodes takes no process, and a new one has none: each level gets its parent's.
void CgroupV1::limit_cpuset(const std::string& cpus) {
  use("cpuset");
  std::string level = root_ + "/cpuset";
  for (const std::string& part : split(path_.substr(1), '/')) {
    const std::string parent = level;
    level += "/" + part;
    for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
      if (!trim(read_file(level + "/" + file, 4096)).empty()) continue;
      write_cgroup_file(level, file, std::string(trim(read_file(parent + "/" + file, 4096))));
    }
  }
  write_cpuset(level, cpus);
}

void CgroupV1::weigh_io(std::int64_t weight) {
  const std::string blkio = use("blkio");
  for (const char* file : {"blkio.bfq.weight", "blkio.weight"}) {
    if (!exists(blkio + "/" + file)) continue;
    write_cgroup_file(blkio, file, std::to_string(weight));
    return;
  }
  missing("cgroup controller 'blkio' has no weights on this host (no disk uses the scheduler bfq)");
}

void CgroupV1::filter_devices(const std::vector<DeviceRule>& rules) {
  const std::string devices = use("devices");
  for (const DeviceRule& rule : rules)
    write_cgroup_file(devices, rule.allow ? "devices.allow" : "devices.deny", line_of(rule));
}

void CgroupV1::create(const CgroupLimits& limits) {
  if (exists(root_ + "/unified")) {
    make_cgroup_dir(dir("unified"));
  } else {  // these stand in for it in pause and stats
    for (const char* controller : {"freezer", "cpuacct"}) {
      if (exists(root_ + "/" + controller)) use(controller);
    }
  }
  if (limits.memory) limit_memory(limits);
  if (limits.cpu_quota) {
    const std::string cpu = use("cpu");
    write_cgroup_file(cpu, "cpu.cfs_period_us", std::to_string(limits.cpu_period.value_or(100'000)));
    write_cgroup_file(cpu, "cpu.cfs_quota_us", std::to_string(*limits.cpu_quota));
  }
  if (limits.pids) write_cgroup_file(use("pids"), "pids.max", std::to_string(*limits.pids));
  if (!limits.cpuset.empty()) limit_cpuset(limits.cpuset);
  if (limits.io_weight) weigh_io(*limits.io_weight);
  if (!limits.devices.empty()) filter_devices(limits.devices);
}

std::optional<Fd> CgroupV1::placement() const {
  if (!exists(dir("unified"))) return std::nullopt;
  return open_dir(dir("unified"));
}

// A thread that moves itself alone needs no lock. Whoever writes to cgroup.procs, or moves another one, takes the one
// that every fork and exit of the machine takes too: 15 ms for a machine that has not moved anything of late.
//
// An update() makes a directory first and then moves those whom it sees in the hierarchies that were there before
// (use_for_all()). So whoever is in these, and still finds no new directory, will be moved by it.
void CgroupV1::join() {
  std::set<std::string> joined = {"unified"};
  for (size_t before = 0; before != joined.size();) {
    before = joined.size();
    for (const std::string_view controller : kControllers) {
      const std::string name(controller);
      if (joined.contains(name) || !exists(dir(name))) continue;
      write_cgroup_file(dir(name), "tasks", "0");
      joined.insert(name);
    }
  }
}

// In one hierarchy: whoever is to be ended is looked up there, and limited by this one's directories in all others.
std::unique_ptr<Cgroup> CgroupV1::make_subgroup(const std::string& name) {
  const bool unified = exists(dir("unified"));
  auto group = std::make_unique<CgroupV1>(root_, path_ + "/" + name);
  make_cgroup_subdir(group->dir(unified ? "unified" : "freezer"));
  return group;
}

void CgroupV1::kill_all() {
  if (exists(dir("unified") + "/cgroup.kill")) {
    write_cgroup_file(dir("unified"), "cgroup.kill", "1");
    return;
  }
  for (const std::string& hierarchy : hierarchies(root_)) kill_listed_processes(hierarchy + path_);
}

std::uint64_t CgroupV1::oom_kills() const {
  return read_cgroup_key(dir("memory"), "memory.oom_control", "oom_kill");
}

// In all hierarchies: an update may have made more directories than create() did.
void CgroupV1::remove() {
  for (const std::string& hierarchy : hierarchies(root_)) remove_cgroup_dir(hierarchy + path_);
}

}  // namespace minibox::sys
