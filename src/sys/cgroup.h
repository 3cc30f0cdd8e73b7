// One container's control group: cgroup v2 (Documentation/admin-guide/cgroup-v2.rst) and, behind the same interface,
// the v1/hybrid layout of systemd hosts (cgroup-v1/*). Lifecycle: open -> create (directories and limits) -> clone
// into and join -> remove when nothing runs in it. A limit that was asked for and can't be applied is an Error, never a
// warning. Paths are as in linux.cgroupsPath: "/minibox/<id>", below the host's cgroup root. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sys/device_rule.h"
#include "sys/fd.h"

namespace minibox::sys {

struct CgroupLimits {
  std::optional<std::int64_t> memory;       // bytes
  std::optional<std::int64_t> memory_swap;  // bytes of memory + swap together; -1: no limit
  std::optional<std::int64_t> cpu_quota;    // microseconds per period
  std::optional<std::uint64_t> cpu_period;  // microseconds, 100000 when absent
  std::optional<std::int64_t> pids;
  std::string cpuset;                     // "0-3,6"; empty: all processors
  std::optional<std::int64_t> io_weight;  // 1 to 1000
  std::vector<DeviceRule> devices;        // empty: all devices
};

// What a cgroup's processes use and have used.
struct CgroupUsage {
  std::uint64_t memory = 0;        // bytes
  std::uint64_t memory_limit = 0;  // bytes; 0: none
  std::uint64_t cpu_us = 0;        // processor time since the cgroup was made
  std::uint64_t tasks = 0;         // threads count
  std::uint64_t block_read = 0;    // bytes from and to block devices
  std::uint64_t block_written = 0;
};

class Cgroup {
 public:
  // Does not touch the host. `root` is /sys/fs/cgroup except in tests.
  static std::unique_ptr<Cgroup> open(const std::string& path, const std::string& root = "/sys/fs/cgroup");
  // Names of the cgroups of ours below `parent` ("/minibox"), in any hierarchy.
  static std::vector<std::string> list(const std::string& parent, const std::string& root = "/sys/fs/cgroup");
  // Whether io_weight can be applied, as far as that can be known before there is a cgroup.
  static bool has_io_weight(const std::string& root = "/sys/fs/cgroup");
  virtual ~Cgroup() = default;

  virtual void create(const CgroupLimits& limits) = 0;
  // For CLONE_INTO_CGROUP, where a v2 hierarchy exists; the v1 hierarchies still need join().
  virtual std::optional<Fd> placement() const = 0;
  // Makes a group inside this one, for processes that can be ended without the others; they stay under this one's
  // limits. Goes with this one. kNotFound when this one has gone.
  virtual std::unique_ptr<Cgroup> make_subgroup(const std::string& name) = 0;
  // The caller, who has one thread, enters every hierarchy that CLONE_INTO_CGROUP did not cover: also those that an
  // update() adds at this moment. Whoever has made the cgroup.
  virtual void join() = 0;
  virtual void kill_all() = 0;  // SIGKILL to everything inside; no error when it does not exist
  virtual std::uint64_t oom_kills() const = 0;

  // New limits for memory, swap, cpu and pids of a cgroup in use; what is absent becomes unlimited. Lowered memory is
  // reclaimed first: kExhausted or EBUSY when what runs needs more. After an Error some of the limits may have changed:
  // the caller sets the old ones again.
  virtual void update(const CgroupLimits& limits) = 0;
  // Stops every process of the cgroup, or lets them go on. Returns when all are: kTimeout otherwise, and they go on.
  virtual void freeze(std::chrono::milliseconds deadline) = 0;
  virtual void thaw(std::chrono::milliseconds deadline) = 0;
  virtual bool frozen() const = 0;  // false when it does not exist
  virtual CgroupUsage usage() const = 0;
  virtual std::vector<pid_t> processes() const = 0;  // empty when it does not exist; they may end at any moment
  virtual void remove() = 0;  // with its subgroups; absence is fine; EBUSY when something still runs in it
};

}  // namespace minibox::sys
