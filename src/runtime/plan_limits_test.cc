#include "runtime/plan_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "runtime/launch_planner.h"
#include "runtime/plan_capabilities.h"
#include "runtime/plan_volumes.h"

namespace minibox::runtime {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

LaunchInput sample() {
  LaunchInput input;
  input.id = "0123abcd";
  input.image.cmd = {"sh"};
  input.root = {{"/", "overlay", "overlay", {}, {}, {}}};
  input.volumes_dir = "/data/volumes";
  return input;
}

oci::RuntimeSpec plan(const LaunchInput& input, const LaunchPolicy& policy = {}) {
  return plan_launch(input, policy);
}

std::string error_of(const LaunchInput& input) {
  try {
    plan(input);
  } catch (const Error& error) {
    return error.text();
  }
  return "no error";
}

const oci::Mount& mount_at(const oci::RuntimeSpec& spec, const std::string& destination) {
  for (const oci::Mount& mount : spec.mounts) {
    if (mount.destination == destination) return mount;
  }
  throw Error(ErrorKind::kNotFound, "no mount at " + destination);
}

TEST(PlanCapabilities, AddAndDrop) {
  wire::RunRequest request;
  EXPECT_EQ(plan_capabilities(request), default_capabilities());
  request.cap_drop = {"all"};
  EXPECT_TRUE(plan_capabilities(request).empty());
  request.cap_add = {"sys_nice", "CAP_CHOWN"};
  EXPECT_THAT(plan_capabilities(request), ElementsAre("CAP_CHOWN", "CAP_SYS_NICE"));
  request = {};
  request.cap_add = {"ALL"};
  request.cap_drop = {"SYS_ADMIN"};
  EXPECT_THAT(plan_capabilities(request), Not(Contains("CAP_SYS_ADMIN")));
  EXPECT_EQ(plan_capabilities(request).size(), 40u);
}

TEST(PlanCapabilities, WithTheHostsIdsNetRawHasToBeAskedFor) {
  wire::RunRequest request;
  EXPECT_THAT(plan_capabilities(request, false), Contains("CAP_NET_RAW"));
  EXPECT_THAT(plan_capabilities(request, true), Not(Contains("CAP_NET_RAW")));
  request.cap_add = {"net_raw"};
  EXPECT_THAT(plan_capabilities(request, true), Contains("CAP_NET_RAW"));
}

TEST(PlanCapabilities, WhatWouldHaveNoEffectIsRefused) {
  for (const char* name : {"NET_ADMIN", "net_raw"}) {
    wire::RunRequest request;
    request.cap_add = {name};
    EXPECT_THROW(refuse_idle_capabilities(request), Error) << name;
  }
  wire::RunRequest request;
  request.cap_add = {"ALL"};
  EXPECT_NO_THROW(refuse_idle_capabilities(request));
}

TEST(PlanCapabilities, UnknownAndContradictoryOnesAreErrors) {
  wire::RunRequest request;
  request.cap_add = {"NET_ADMN"};
  try {
    plan_capabilities(request);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "cap_add: unknown capability 'NET_ADMN'");
    EXPECT_EQ(error.hint(), "did you mean 'CAP_NET_ADMIN'?");
  }
  request.cap_add = request.cap_drop = {"CHOWN"};
  EXPECT_THROW(plan_capabilities(request), Error);
}

TEST(PlanLimits, UlimitsTakeThePlaceOfTheDefaults) {
  LaunchInput input = sample();
  input.request.ulimits = {{"nofile", "10:20"}, {"stack", "unlimited"}, {"core", "-1"}};
  for (const oci::Rlimit& limit : plan(input).process.rlimits) {
    if (limit.type == "RLIMIT_NOFILE") EXPECT_EQ(limit.soft * 100 + limit.hard, 1020u);
    if (limit.type == "RLIMIT_STACK" || limit.type == "RLIMIT_CORE") EXPECT_EQ(limit.hard, UINT64_MAX);
  }
  EXPECT_EQ(plan(input).process.rlimits.size(), 4u);
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"nofiles", "1"}, {"nofile", "x"}, {"core", "2:1"}, {"cpu", "1:"}, {"data", ""}, {"as", "1:2:3"}}) {
    input.request.ulimits = {{name, value}};
    EXPECT_THAT(error_of(input), HasSubstr("ulimit")) << name << "=" << value;
  }
}

TEST(PlanLimits, OnlyTheContainersOwnSysctlsAreAllowed) {
  LaunchInput input = sample();
  input.request.sysctls = {{"net.core.somaxconn", "99"}, {"kernel.shmmax", "1"}, {"fs.mqueue.msg_max", "5"}};
  EXPECT_EQ(plan(input).sysctl, input.request.sysctls);
  for (const char* key : {"kernel.core_pattern", "kernel.modprobe", "vm.swappiness", "fs.file-max", "kernel.shmx",
                          "fs.mqueuex.y", "netx.core"}) {
    input.request.sysctls = {{key, "1"}};
    EXPECT_THAT(error_of(input), HasSubstr("it would change the whole host")) << key;
  }
  for (const char* key : {"net..core", "net./../kernel.core_pattern", "net.a/b", "net.", "", "net.a b"}) {
    input.request.sysctls = {{key, "1"}};
    EXPECT_THAT(error_of(input), HasSubstr("invalid sysctl")) << key;
  }
}

TEST(PlanLimits, CpusetAndSwapAreChecked) {
  LaunchInput input = sample();
  input.request.cpuset = "0-3,6";
  EXPECT_EQ(plan(input).resources.cpuset_cpus, "0-3,6");
  for (const char* text : {"x", "3-1", "1,", "-1", "1-", "0\n1"}) {
    input.request.cpuset = text;
    EXPECT_THAT(error_of(input), HasSubstr("invalid cpuset")) << text;
  }
  input = sample();
  input.request.memory_swap = 64;
  EXPECT_THAT(error_of(input), HasSubstr("needs memory"));
  input.request.memory = 128;
  EXPECT_THAT(error_of(input), HasSubstr("below memory"));
  input.request.memory_swap = -1;
  EXPECT_EQ(plan(input).resources.memory_swap, -1);
  input.request.memory_swap = 256;
  EXPECT_EQ(plan(input).resources.memory_swap, 256 << 20);
}

TEST(PlanLimits, ThereIsADeviceCgroupOnlyWhereSomethingElseDoesNotDoItsWork) {
  LaunchInput input = sample();
  EXPECT_TRUE(plan(input).resources.devices.empty());
  input.devices = {{{"/dev/fuse", 'c', 10, 229, 0666}, "r"}};
  const oci::RuntimeSpec spec = plan(input);
  EXPECT_EQ(spec.resources.devices.front(), oci::DeviceRule{});
  EXPECT_EQ(spec.resources.devices.back(), (oci::DeviceRule{true, 'c', 10, 229, "r"}));
  EXPECT_EQ(spec.devices.back().path, "/dev/fuse");
  input = sample();
  input.request.userns = "host";
  EXPECT_FALSE(plan(input).resources.devices.empty());
}

TEST(PlanUserNamespace, HostIsForOneContainerOrTheDaemonsDefault) {
  LaunchInput input = sample();
  LaunchPolicy policy;
  policy.host_ids = true;
  EXPECT_TRUE(plan(input, policy).uid_mappings.empty());
  input.request.userns = "private";
  EXPECT_FALSE(plan(input, policy).uid_mappings.empty());
  input.request.userns = "host";
  const oci::RuntimeSpec spec = plan(input);
  EXPECT_TRUE(spec.uid_mappings.empty());
  EXPECT_TRUE(spec.mounts[0].uid_mappings.empty());
  for (const oci::Namespace& entry : spec.namespaces) EXPECT_NE(entry.type, "user");
  input.request.userns = "mine";
  EXPECT_THAT(error_of(input), HasSubstr("unknown user namespace mode 'mine'"));
}

TEST(PlanVolumes, NamedVolumesLieInTheirDirectory) {
  LaunchInput input = sample();
  input.request.named_volumes = {{"db-data", "/var/lib/db:ro"}};
  EXPECT_EQ(mount_at(plan(input), "/var/lib/db").source, "/data/volumes/db-data");
  EXPECT_THAT(mount_at(plan(input), "/var/lib/db").options, Contains("ro"));
  for (const char* name : {"", "..", ".", "a/b", "-a", "_a", "a b"}) {
    input.request.named_volumes = {{name, "/data"}};
    EXPECT_THAT(error_of(input), HasSubstr("invalid volume name")) << name;
  }
}

TEST(PlanVolumes, TmpfsHasASizeAndOnlyHarmlessOptions) {
  LaunchInput input = sample();
  input.request.memory = 64;
  input.request.tmpfs = {{"/run", ""}, {"/tmp", "size=1m,mode=700,exec"}};
  const oci::RuntimeSpec spec = plan(input);
  EXPECT_THAT(mount_at(spec, "/run").options,
              ElementsAre("noexec", "nosuid", "nodev", "mode=1777", "size=" + std::to_string(32 << 20)));
  EXPECT_THAT(mount_at(spec, "/tmp").options, ElementsAre("noexec", "nosuid", "nodev", "size=1m", "mode=700", "exec"));
  for (const char* option : {"suid", "dev", "bind", "size", "context=x", "mpol=bind:0"}) {
    input.request.tmpfs = {{"/tmp", option}};
    EXPECT_THAT(error_of(input), HasSubstr("unknown tmpfs option")) << option;
  }
  input.request.tmpfs = {{"/dev/shm", ""}};
  EXPECT_THAT(error_of(input), HasSubstr("can't be at '/dev/shm'"));
}

TEST(PlanReadOnly, NameFilesAreReadOnlyToo) {
  LaunchInput input = sample();
  input.request.read_only = true;
  EXPECT_TRUE(plan(input).root_readonly);
  EXPECT_THAT(mount_at(plan(input), "/etc/hosts").options, Contains("ro"));
}

TEST(PlanDatabaseMode, IsAShortListOfNamedThings) {
  LaunchInput input = sample();
  input.request.db_mode = true;
  LaunchPolicy policy;
  oci::RuntimeSpec spec = plan(input, policy);
  EXPECT_EQ(spec.process.capabilities.bounding.size(), 7u);
  EXPECT_THAT(mount_at(spec, "/dev/shm").options, Contains("size=262144k"));
  EXPECT_EQ(mount_at(spec, "/tmp").type, "tmpfs");
  EXPECT_FALSE(spec.process.oom_score_adj);
  policy.can_lower_oom_score = policy.has_io_weight = true;
  spec = plan(input, policy);
  EXPECT_EQ(spec.process.oom_score_adj, -900);
  EXPECT_EQ(spec.resources.block_io_weight, 800);
  input.request.oom_score_adj = 0;
  input.request.io_weight = 100;
  input.request.tmpfs = {{"/tmp", "size=1m"}};
  spec = plan(input, policy);
  EXPECT_EQ(spec.process.oom_score_adj, 0);
  EXPECT_EQ(spec.resources.block_io_weight, 100);
}

}  // namespace
}  // namespace minibox::runtime
