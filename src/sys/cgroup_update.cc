// New limits for a cgroup in use.
#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "sys/cgroup_backends.h"
#include "sys/cgroup_files.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

std::string text_or(const std::optional<std::int64_t>& limit, const char* none) {
  return limit ? std::to_string(*limit) : none;
}

[[noreturn]] void too_small(std::uint64_t used, std::int64_t limit) {
  throw Error(ErrorKind::kExhausted, "what runs needs " + std::to_string(used) + " bytes, more than the new limit of " +
                                         std::to_string(limit));
}

void set_v1_memory(const std::string& dir, const std::string& limit) {
  try {
    write_cgroup_file(dir, "memory.limit_in_bytes", limit);
  } catch (Error& error) {
    if (error.errno_value() == EBUSY) error.with_kind(ErrorKind::kExhausted).with_hint("what runs needs more");
    throw;
  }
}

}  // namespace

// memory.max below what is used would end processes. memory.high only reclaims, within its write.
void CgroupV2::update_memory(const CgroupLimits& limits) const {
  if (limits.memory) {
    write_cgroup_file(dir(), "memory.high", std::to_string(*limits.memory));
    const std::uint64_t used = read_cgroup_number(dir(), "memory.current").value_or(0);
    if (used > static_cast<std::uint64_t>(*limits.memory)) {
      write_cgroup_file(dir(), "memory.high", "max");
      too_small(used, *limits.memory);
    }
  }
  if (limits.memory) {
    limit_memory(limits);
    write_cgroup_file(dir(), "memory.high", "max");
    return;
  }
  write_cgroup_file(dir(), "memory.max", "max");
  if (exists(dir() + "/memory.swap.max")) write_cgroup_file(dir(), "memory.swap.max", "max");
}

void CgroupV2::update(const CgroupLimits& limits) {
  enable_controllers(limits);
  if (limits.memory || exists(dir() + "/memory.max")) update_memory(limits);
  if (limits.cpu_quota || exists(dir() + "/cpu.max")) {
    const std::string period = std::to_string(limits.cpu_period.value_or(100'000));
    write_cgroup_file(dir(), "cpu.max", text_or(limits.cpu_quota, "max") + " " + period);
  }
  if (limits.pids || exists(dir() + "/pids.max")) write_cgroup_file(dir(), "pids.max", text_or(limits.pids, "max"));
}

// Those of the subgroups too: what is in one of these is limited by this one's directories in the other hierarchies.
std::vector<pid_t> CgroupV1::processes_of_all_groups() const {
  std::vector<pid_t> all = processes();
  for (const std::string& name : list(path_, root_)) {
    const std::vector<pid_t> more = CgroupV1(root_, path_ + "/" + name).processes();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

// A controller that no limit needed until now: its directory is made and everything that runs is moved in. What is
// forked meanwhile by one that has not moved yet is found in the next round.
std::string CgroupV1::use_for_all(const std::string& controller) const {
  const std::string target = dir(controller);
  if (exists(target)) return target;
  if (!exists(root_ + "/" + controller)) {
    throw Error(ErrorKind::kUnsupported, "cgroup controller '" + controller + "' is not mounted at " + root_);
  }
  make_cgroup_dir(target);
  constexpr int kRounds = 1000;
  std::vector<pid_t> all = processes_of_all_groups();
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<pid_t> inside = read_cgroup_procs(target);
    bool complete = true;
    for (const pid_t pid : all) {
      if (std::find(inside.begin(), inside.end(), pid) != inside.end()) continue;
      complete = false;
      try {
        write_cgroup_file(target, "cgroup.procs", std::to_string(pid));
      } catch (const Error& error) {
        if (error.errno_value() != ESRCH) throw;  // it has ended
      }
    }
    if (complete) return target;
    all = processes_of_all_groups();
  }
  throw Error(ErrorKind::kTimeout, "processes are made faster than they can be moved to " + target);
}

// The kernel keeps memory.limit <= memory.memsw.limit at every moment: so the larger one is written first when raising.
void CgroupV1::update_memory(const CgroupLimits& limits) const {
  const std::string memory = use_for_all("memory");
  const std::string limit = text_or(limits.memory, "-1");
  if (!exists(memory + "/memory.memsw.limit_in_bytes")) {
    set_v1_memory(memory, limit);
    return;
  }
  const std::string both = text_or(limits.memory_swap ? limits.memory_swap : limits.memory, "-1");
  const std::uint64_t old_both = read_cgroup_number(memory, "memory.memsw.limit_in_bytes").value_or(0);
  const bool raise = !limits.memory || static_cast<std::uint64_t>(*limits.memory) > old_both;
  if (raise) write_cgroup_file(memory, "memory.memsw.limit_in_bytes", both);
  set_v1_memory(memory, limit);
  if (!raise) write_cgroup_file(memory, "memory.memsw.limit_in_bytes", both);
}

void CgroupV1::update(const CgroupLimits& limits) {
  if (limits.memory || exists(dir("memory"))) update_memory(limits);
  if (limits.cpu_quota || exists(dir("cpu"))) {
    const std::string cpu = use_for_all("cpu");
    write_cgroup_file(cpu, "cpu.cfs_period_us", std::to_string(limits.cpu_period.value_or(100'000)));
    write_cgroup_file(cpu, "cpu.cfs_quota_us", text_or(limits.cpu_quota, "-1"));
  }
  if (limits.pids || exists(dir("pids")))
    write_cgroup_file(use_for_all("pids"), "pids.max", text_or(limits.pids, "max"));
}

}  // namespace minibox::sys
