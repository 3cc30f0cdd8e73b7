#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "sys/cgroup_backends.h"
#include "sys/cgroup_files.h"
#include "sys/device_filter.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

void enable_controller(const std::string& level, const std::string& controller) {
  try {
    write_cgroup_file(level, "cgroup.subtree_control", "+" + controller);
  } catch (Error& error) {
    error.add_context("enable cgroup controller '" + controller + "'");
    error.with_hint("boot with the controller enabled (" + level +
                    "/cgroup.controllers lists those that are), or run without this limit");
    throw;
  }
}

}  // namespace

// Controllers reach a child only through subtree_control of every level above. Written one by one: one write of several
// fails as a whole when a single controller is missing.
void CgroupV2::enable_controllers(const CgroupLimits& limits) const {
  std::vector<std::string> wanted;
  if (limits.memory) wanted.push_back("memory");
  if (limits.cpu_quota) wanted.push_back("cpu");
  if (limits.pids) wanted.push_back("pids");
  if (!limits.cpuset.empty()) wanted.push_back("cpuset");
  if (limits.io_weight) wanted.push_back("io");
  std::string level = root_;
  for (const std::string& part : split(path_.substr(1), '/')) {
    const std::vector<std::string> enabled =
        split_words(trim(try_read_file(level + "/cgroup.subtree_control").value_or("")));
    for (const std::string& controller : wanted) {
      if (std::find(enabled.begin(), enabled.end(), controller) != enabled.end()) continue;
      enable_controller(level, controller);
    }
    level += "/" + part;
    make_cgroup_dir(level);
  }
}

void CgroupV2::limit_memory(const CgroupLimits& limits) const {
  write_cgroup_file(dir(), "memory.max", std::to_string(*limits.memory));
  const std::int64_t total = limits.memory_swap.value_or(*limits.memory);
  if (exists(dir() + "/memory.swap.max")) {
    write_cgroup_file(dir(), "memory.swap.max", total < 0 ? "max" : std::to_string(total - *limits.memory));
  } else if (total != *limits.memory) {
    throw Error(ErrorKind::kUnsupported, "cgroup controller 'memory' does not account swap: no memory.swap.max")
        .with_hint("boot with swapaccount=1, or run without a swap limit");
  }
}

void CgroupV2::weigh_io(std::int64_t weight) const {
  for (const char* file : {"io.weight", "io.bfq.weight"}) {
    if (!exists(dir() + "/" + file)) continue;
    write_cgroup_file(dir(), file, std::to_string(weight));
    return;
  }
  throw Error(ErrorKind::kUnsupported,
              "cgroup controller 'io' has no weights on this host: neither io.weight nor io.bfq.weight")
      .with_hint("the kernel needs CONFIG_BLK_CGROUP_IOCOST or the disk scheduler bfq; or run without this limit");
}

void CgroupV2::create(const CgroupLimits& limits) {
  enable_controllers(limits);
  if (limits.memory) limit_memory(limits);
  if (limits.cpu_quota) {
    const std::string period = std::to_string(limits.cpu_period.value_or(100'000));
    write_cgroup_file(dir(), "cpu.max", std::to_string(*limits.cpu_quota) + " " + period);
  }
  if (limits.pids) write_cgroup_file(dir(), "pids.max", std::to_string(*limits.pids));
  if (!limits.cpuset.empty()) write_cpuset(dir(), limits.cpuset);
  if (limits.io_weight) weigh_io(*limits.io_weight);
  if (!limits.devices.empty()) attach_device_filter(open_dir(dir()), limits.devices);
}

std::optional<Fd> CgroupV2::placement() const {
  return open_dir(dir());
}

void CgroupV2::join() {}  // CLONE_INTO_CGROUP did it

// Without controllers of its own: the kernel lets its parent keep processes.
std::unique_ptr<Cgroup> CgroupV2::make_subgroup(const std::string& name) {
  auto group = std::make_unique<CgroupV2>(root_, path_ + "/" + name);
  make_cgroup_subdir(group->dir());
  return group;
}

void CgroupV2::kill_all() {
  if (exists(dir())) write_cgroup_file(dir(), "cgroup.kill", "1");
}

std::uint64_t CgroupV2::oom_kills() const {
  return read_cgroup_key(dir(), "memory.events", "oom_kill");
}

void CgroupV2::remove() {
  remove_cgroup_dir(dir());
}

}  // namespace minibox::sys
