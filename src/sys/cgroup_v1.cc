#include <array>
#include <string_view>

#include "base/error.h"
#include "sys/cgroup_backends.h"
#include "sys/cgroup_files.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

constexpr std::array<std::string_view, 4> kControllers = {"memory", "cpu", "pids", "unified"};

}  // namespace

std::vector<std::string> CgroupV1::hierarchies(const std::string& root) {
  std::vector<std::string> found;
  for (const std::string_view controller : kControllers) {
    const std::string dir = root + "/" + std::string(controller);
    if (exists(dir)) found.push_back(dir);
  }
  return found;
}

std::string CgroupV1::use(const std::string& controller) {
  if (!exists(root_ + "/" + controller)) {
    throw Error(ErrorKind::kUnsupported, "cgroup controller '" + controller + "' is not mounted at " + root_)
        .with_hint("boot with the controller enabled, or run without this limit");
  }
  make_cgroup_dir(dir(controller));
  used_.push_back(controller);
  return dir(controller);
}

void CgroupV1::create(const CgroupLimits& limits) {
  if (exists(root_ + "/unified")) make_cgroup_dir(dir("unified"));
  if (limits.memory) {
    const std::string memory = use("memory");
    write_cgroup_file(memory, "memory.limit_in_bytes", std::to_string(*limits.memory));
    // Present only where the kernel accounts swap; without swap accounting there is no swap limit to lift.
    if (exists(memory + "/memory.memsw.limit_in_bytes")) {
      write_cgroup_file(memory, "memory.memsw.limit_in_bytes",
                        std::to_string(limits.memory_swap.value_or(*limits.memory)));
    }
  }
  if (limits.cpu_quota) {
    const std::string cpu = use("cpu");
    write_cgroup_file(cpu, "cpu.cfs_period_us", std::to_string(limits.cpu_period.value_or(100'000)));
    write_cgroup_file(cpu, "cpu.cfs_quota_us", std::to_string(*limits.cpu_quota));
  }
  if (limits.pids) write_cgroup_file(use("pids"), "pids.max", std::to_string(*limits.pids));
}

void CgroupV1::find() {
  for (const std::string_view controller : kControllers) {
    if (controller != "unified" && exists(dir(std::string(controller)))) used_.emplace_back(controller);
  }
}

std::optional<Fd> CgroupV1::placement() const {
  if (!exists(dir("unified"))) return std::nullopt;
  return open_dir(dir("unified"));
}

void CgroupV1::add(pid_t pid) {
  for (const std::string& controller : used_) write_cgroup_file(dir(controller), "cgroup.procs", std::to_string(pid));
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

void CgroupV1::remove() {
  for (const std::string& hierarchy : hierarchies(root_)) remove_cgroup_dir(hierarchy + path_);
}

}  // namespace minibox::sys
