// The two implementations of sys/cgroup.h; only sys/cgroup.cc chooses between them.
#pragma once

#include <string>
#include <vector>

#include "sys/cgroup.h"

namespace minibox::sys {

class CgroupV2 : public Cgroup {
 public:
  CgroupV2(std::string root, std::string path) : root_(std::move(root)), path_(std::move(path)) {}
  void create(const CgroupLimits& limits) override;
  std::optional<Fd> placement() const override;
  std::unique_ptr<Cgroup> make_subgroup(const std::string& name) override;
  void join() override;
  void kill_all() override;
  std::uint64_t oom_kills() const override;
  void update(const CgroupLimits& limits) override;
  void freeze(std::chrono::milliseconds deadline) override;
  void thaw(std::chrono::milliseconds deadline) override;
  bool frozen() const override;
  CgroupUsage usage() const override;
  std::vector<pid_t> processes() const override;
  void remove() override;

 private:
  std::string dir() const { return root_ + path_; }
  void enable_controllers(const CgroupLimits& limits) const;
  void limit_memory(const CgroupLimits& limits) const;
  void weigh_io(std::int64_t weight) const;
  void update_memory(const CgroupLimits& limits) const;
  std::string root_;
  std::string path_;
};

// v1 controllers each in a hierarchy of their own, and a cgroup2 hierarchy at <root>/unified where the host has one: it
// gives CLONE_INTO_CGROUP, cgroup.kill, cgroup.freeze and cpu.stat. Directories are made only in the hierarchies that a
// limit needs, and where there is no cgroup2 hierarchy in freezer and cpuacct too.
class CgroupV1 : public Cgroup {
 public:
  CgroupV1(std::string root, std::string path) : root_(std::move(root)), path_(std::move(path)) {}
  static std::vector<std::string> hierarchies(const std::string& root);
  void create(const CgroupLimits& limits) override;
  std::optional<Fd> placement() const override;
  std::unique_ptr<Cgroup> make_subgroup(const std::string& name) override;
  void join() override;
  void kill_all() override;
  std::uint64_t oom_kills() const override;
  void update(const CgroupLimits& limits) override;
  void freeze(std::chrono::milliseconds deadline) override;
  void thaw(std::chrono::milliseconds deadline) override;
  bool frozen() const override;
  CgroupUsage usage() const override;
  std::vector<pid_t> processes() const override;
  void remove() override;

 private:
  std::string dir(const std::string& controller) const { return root_ + "/" + controller + path_; }
  std::string use(const std::string& controller) const;
  std::vector<pid_t> processes_of_all_groups() const;
  std::string use_for_all(const std::string& controller) const;
  void update_memory(const CgroupLimits& limits) const;
  void set_frozen(bool frozen, std::chrono::milliseconds deadline) const;
  void limit_memory(const CgroupLimits& limits);
  void limit_cpuset(const std::string& cpus);
  void weigh_io(std::int64_t weight);
  void filter_devices(const std::vector<DeviceRule>& rules);
  std::string root_;
  std::string path_;
};

}  // namespace minibox::sys
