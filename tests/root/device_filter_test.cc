// The device controller of cgroup v2, wherever a v2 hierarchy is mounted: also beside v1 on hybrid hosts.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/process.h"

namespace minibox::test {
namespace {

std::string unified_root() {
  return sys::exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
}

enum Outcome : int { kRead = 1, kWrite = 2, kMknod = 4 };

int open_as(const char* path, int flags) {
  const int fd = ::open(path, flags | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0 ? 1 : 0;
}

// What a process in a cgroup with these rules may do with /dev/zero (1:5) and, as mknod, with 1:5 in `scratch`.
int permitted(const std::vector<sys::DeviceRule>& rules) {
  const std::string path = "/minibox-test-" + std::to_string(::getpid());
  const auto cgroup = sys::Cgroup::open(path, unified_root());
  sys::CgroupLimits limits;
  limits.devices = rules;
  cgroup->create(limits);
  const sys::TempDir scratch("/tmp", "minibox-root-test.");
  const std::string node = scratch.path() + "/node";
  const auto place = cgroup->placement();
  sys::Child child = sys::clone_process({.flags = 0, .cgroup = &*place});
  if (!child.valid()) {
    int outcome = 0;
    if (open_as("/dev/zero", O_RDONLY) == 1) outcome |= kRead;
    if (open_as("/dev/zero", O_WRONLY) == 1) outcome |= kWrite;
    if (::mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0) outcome |= kMknod;
    ::_exit(outcome);
  }
  const int outcome = child.try_reap(true).value_or(-1);
  cgroup->remove();
  return outcome;
}

const sys::DeviceRule kRefuseAll;

TEST(DeviceFilter, WhatNoRuleAllowsIsRefused) {
  EXPECT_EQ(permitted({kRefuseAll}), 0);
  EXPECT_EQ(permitted({kRefuseAll, {true, 'c', 1, 3, "rwm"}}), 0);
  EXPECT_EQ(permitted({kRefuseAll, {true, 'b', 1, 5, "rwm"}}), 0);
}

TEST(DeviceFilter, ARuleAllowsItsAccessOnly) {
  EXPECT_EQ(permitted({kRefuseAll, {true, 'c', 1, 5, "rwm"}}), kRead | kWrite | kMknod);
  EXPECT_EQ(permitted({kRefuseAll, {true, 'c', 1, 5, "r"}}), kRead);
  EXPECT_EQ(permitted({kRefuseAll, {true, 'c', 1, {}, "w"}}), kWrite);
  EXPECT_EQ(permitted({kRefuseAll, {true, 'c', {}, 5, "m"}}), kMknod);
}

TEST(DeviceFilter, TheLastRuleThatMatchesDecides) {
  EXPECT_EQ(permitted({{true, 'a', {}, {}, "rwm"}, {false, 'c', 1, 5, "w"}}), kRead | kMknod);
  EXPECT_EQ(permitted({{false, 'c', 1, 5, "w"}, {true, 'a', {}, {}, "rwm"}}), kRead | kWrite | kMknod);
}

}  // namespace
}  // namespace minibox::test
