#include "runtime/launch_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "runtime/seccomp_profile.h"
#include "runtime/seccomp_resolve.h"

namespace minibox::runtime {
namespace {

using ::testing::Contains;

LaunchInput sample() {
  LaunchInput input;
  input.id = "0123abcd";
  input.bundle = "/data/containers/0123abcd";
  input.image = {{"entry"}, {"default"}, {"PATH=/bin", "A=image"}, "/srv"};
  input.root = {{"/", "overlay", "overlay", {"lowerdir+=/l"}, {}, {}}};
  input.network_namespace = "/proc/1/fd/9";
  return input;
}

std::string error_of(const LaunchInput& input) {
  try {
    plan_launch(input, {});
  } catch (const Error& error) {
    return error.text();
  }
  return "no error";
}

TEST(LaunchPlanner, GivenCommandIsAppendedToTheEntrypoint) {
  LaunchInput input = sample();
  EXPECT_EQ(plan_launch(input, {}).process.args, (std::vector<std::string>{"entry", "default"}));
  input.request.command = {"mine"};
  EXPECT_EQ(plan_launch(input, {}).process.args, (std::vector<std::string>{"entry", "mine"}));
  input.image.entrypoint.clear();
  input.image.cmd.clear();
  input.request.command.clear();
  EXPECT_EQ(error_of(input), "no command provided and image has no default command");
}

TEST(LaunchPlanner, RequestEnvironmentWinsOverImageAndDefaults) {
  LaunchInput input = sample();
  input.request.env = {"A=request", "B=2"};
  EXPECT_EQ(plan_launch(input, {}).process.env, (std::vector<std::string>{"PATH=/bin", "HOME=/root", "TERM=xterm",
                                                                          "HOSTNAME=0123abcd", "A=request", "B=2"}));
  input.request.env = {"NOVALUE"};
  EXPECT_EQ(error_of(input), "environment entry 'NOVALUE' is not NAME=VALUE");
}

TEST(LaunchPlanner, EveryContainerIsConfinedByDefault) {
  const oci::RuntimeSpec spec = plan_launch(sample(), {});
  EXPECT_EQ(spec.uid_mappings, (std::vector<oci::IdMapping>{{0, 100000, 65536}}));
  EXPECT_EQ(spec.process.capabilities.bounding.size(), 14u);
  EXPECT_TRUE(spec.process.capabilities.inheritable.empty());
  EXPECT_TRUE(spec.process.no_new_privileges);
  EXPECT_EQ(spec.resources.pids_limit, 2048);
  EXPECT_THAT(spec.masked_paths, Contains("/proc/kcore"));
  EXPECT_THAT(spec.readonly_paths, Contains("/proc/sys"));
  EXPECT_EQ(spec.mounts[0].uid_mappings, spec.uid_mappings);
  EXPECT_EQ(spec.namespaces.size(), 7u);
}

TEST(LaunchPlanner, LimitsAreInTheUnitsOfTheRequest) {
  LaunchInput input = sample();
  input.request.memory = 64;
  input.request.cpus = 0.5;
  input.request.pids_limit = -1;
  const oci::Resources resources = plan_launch(input, {}).resources;
  EXPECT_EQ(resources.memory_limit, 64 << 20);
  EXPECT_EQ(resources.memory_swap, 64 << 20);
  EXPECT_EQ(resources.cpu_quota, 50'000);
  EXPECT_FALSE(resources.pids_limit);
  input.request.cpu = 1;
  EXPECT_EQ(error_of(input), "cpu and cpus exclude each other");
}

TEST(LaunchPlanner, AVolumeBelowAnotherIsMountedAfterIt) {
  LaunchInput input = sample();
  input.request.volumes = {{"/a", "/data/sub"}, {"/b", "/data/"}, {"/c", "/etc"}, {"/d", "/etc/hosts"}};
  std::vector<std::string> order;
  for (const oci::Mount& mount : plan_launch(input, {}).mounts) {
    if (mount.type == "bind") order.push_back(mount.destination);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"/data", "/data/sub", "/etc", "/etc/hosts", "/etc/hostname",
                                             "/etc/resolv.conf"}));
}

TEST(LaunchPlanner, NoVolumeIsSilentlyLost) {
  for (const char* path : {"/", "//", "/.", "/./", "data", "", "/a/../b"}) {
    LaunchInput input = sample();
    input.request.volumes = {{"/srv", path}};
    EXPECT_EQ(error_of(input), "invalid container volume path " + quote(path));
  }
  LaunchInput input = sample();
  input.request.volumes = {{"/a", "/data"}, {"/b", "/data/"}};
  EXPECT_EQ(error_of(input), "two volumes for '/data': '/a' and '/b'");
  input.request.volumes = {{"/a", "/a..b"}};
  EXPECT_EQ(error_of(input), "no error");
}

TEST(LaunchPlanner, VolumesStayAwayFromTheSystemsOwnPlaces) {
  for (const char* path : {"/proc", "/proc/sys", "/sys/", "/dev/shm"}) {
    LaunchInput input = sample();
    input.request.volumes = {{"/srv", path}};
    EXPECT_THAT(error_of(input), ::testing::HasSubstr("a volume can't be at")) << path;
  }
}

TEST(LaunchPlanner, HostNamesAreChecked) {
  for (const char* name : {"a b", "-a", "a/b", "a\nb"}) {
    LaunchInput input = sample();
    input.request.hostname = name;
    EXPECT_THAT(error_of(input), ::testing::HasSubstr("invalid host name")) << name;
  }
}

TEST(LaunchPlanner, TheRootHasNoDevices) {
  EXPECT_THAT(plan_launch(sample(), {}).mounts[0].options, Contains("nodev"));
}

TEST(LaunchPlanner, IdsThatTheContainerDoesNotHaveAreRefused) {
  LaunchInput input = sample();
  input.user.uid = 65536;
  EXPECT_EQ(error_of(input), "user or group id 65536 is outside the container's ids, 0 to 65535");
}

TEST(LaunchPlanner, BadVolumesNameTheValue) {
  LaunchInput input = sample();
  input.request.volumes = {{"/srv", "data"}};
  EXPECT_EQ(error_of(input), "invalid container volume path 'data'");
  input.request.volumes = {{"/srv", "/data:rx"}};
  EXPECT_EQ(error_of(input), "volume option 'rx' is not 'ro' or 'rw'");
  input.request.volumes = {{"/srv", "/a/../.."}};
  EXPECT_EQ(error_of(input), "invalid container volume path '/a/../..'");
}

TEST(SeccompProfile, DefaultCompilesAndBadOnesAreRefused) {
  const std::string program = compile_seccomp(resolve_seccomp(default_seccomp_profile(), {}));
  EXPECT_GT(program.size(), 1000u);
  EXPECT_EQ(program.size() % 8, 0u);
  EXPECT_THROW(compile_seccomp("{"), Error);
  EXPECT_THROW(compile_seccomp(R"({"defaultAction":"SCMP_ACT_DREAM"})"), Error);
  EXPECT_THROW(
      compile_seccomp(
          R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[{"index":9,"value":1,"op":"SCMP_CMP_EQ"}]}]})"),
      Error);
}

}  // namespace
}  // namespace minibox::runtime
