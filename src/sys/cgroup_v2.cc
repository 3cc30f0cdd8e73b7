#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "sys/cgroup_backends.h"
#include "sys/cgroup_files.h"
#include "sys/file.h"

namespace minibox::sys {

// Controllers reach a child only through subtree_control of every level above. Written one by one: one write of several
// fails as a whole when a single controller is missing.
void CgroupV2::enable_controllers(const CgroupLimits& limits) const {
  std::vector<std::string> wanted;
  if (limits.memory) wanted.push_back("memory");
  if (limits.cpu_quota) wanted.push_back("cpu");
  if (limits.pids) wanted.push_back("pids");
  std::string level = root_;
  for (const std::string& part : split(path_.substr(1), '/')) {
    const std::vector<std::string> enabled =
        split_words(trim(try_read_file(level + "/cgroup.subtree_control").value_or("")));
    for (const std::string& controller : wanted) {
      if (std::find(enabled.begin(), enabled.end(), controller) != enabled.end()) continue;
      with_context("enable cgroup controller '" + controller + "'",
                   [&] { write_cgroup_file(level, "cgroup.subtree_control", "+" + controller); });
    }
    level += "/" + part;
    make_cgroup_dir(level);
  }
}

void CgroupV2::create(const CgroupLimits& limits) {
  enable_controllers(limits);
  if (limits.memory) {
    write_cgroup_file(dir(), "memory.max", std::to_string(*limits.memory));
    const std::int64_t swap = limits.memory_swap.value_or(*limits.memory) - *limits.memory;
    if (exists(dir() + "/memory.swap.max")) write_cgroup_file(dir(), "memory.swap.max", std::to_string(swap));
  }
  if (limits.cpu_quota) {
    const std::string period = std::to_string(limits.cpu_period.value_or(100'000));
    write_cgroup_file(dir(), "cpu.max", std::to_string(*limits.cpu_quota) + " " + period);
  }
  if (limits.pids) write_cgroup_file(dir(), "pids.max", std::to_string(*limits.pids));
}

void CgroupV2::find() {}  // placement() meets it

std::optional<Fd> CgroupV2::placement() const {
  return open_dir(dir());
}

void CgroupV2::add(pid_t) {}  // CLONE_INTO_CGROUP did it

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
