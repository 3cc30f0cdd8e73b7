#include "runtime/exec_planner.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace minibox::runtime {
namespace {

using ::testing::ElementsAre;

oci::RuntimeSpec container() {
  oci::RuntimeSpec spec;
  spec.process.args = {"server"};
  spec.process.env = {"PATH=/bin", "HOME=/root", "MODE=a"};
  spec.process.cwd = "/srv";
  spec.process.capabilities.bounding = {"CAP_CHOWN"};
  spec.process.rlimits = {{"RLIMIT_CORE", 0, 0}};
  spec.namespaces = {{"user", ""}, {"pid", ""}, {"network", "/proc/1/fd/3"}};
  spec.uid_mappings = {{0, 100'000, 1000}};
  spec.cgroups_path = "/minibox/0a1b2c3d";
  spec.mounts = {{"/", "overlay", "overlay", {}, {}, {}}};
  spec.masked_paths = {"/proc/keys"};
  spec.seccomp_json = "{}";
  spec.annotations[oci::kSeccompBpfAnnotation] = "/filter";
  return spec;
}

wire::ExecRequest request() {
  wire::ExecRequest exec;
  exec.command = {"true"};
  return exec;
}

TEST(PlanExec, KeepsWhatConfinesTheContainer) {
  const oci::RuntimeSpec spec = plan_exec(container(), request(), std::nullopt);
  EXPECT_THAT(spec.process.args, ElementsAre("true"));
  EXPECT_THAT(spec.process.env, ElementsAre("PATH=/bin", "HOME=/root", "MODE=a"));
  EXPECT_EQ(spec.process.cwd, "/srv");
  EXPECT_THAT(spec.process.capabilities.bounding, ElementsAre("CAP_CHOWN"));
  EXPECT_EQ(spec.process.rlimits.size(), 1u);
  EXPECT_TRUE(spec.process.no_new_privileges);
  EXPECT_EQ(spec.namespaces.size(), 3u);
  EXPECT_EQ(spec.cgroups_path, "/minibox/0a1b2c3d");
  EXPECT_EQ(spec.annotations.at(oci::kSeccompBpfAnnotation), "/filter");
  EXPECT_TRUE(spec.mounts.empty());
}

TEST(PlanExec, AFilterWithoutItsCompiledFormIsNotForgotten) {
  oci::RuntimeSpec bare = container();
  bare.annotations.clear();
  EXPECT_EQ(plan_exec(bare, request(), std::nullopt).seccomp_json, "{}");
}

TEST(PlanExec, AddsEnvironmentDirectoryAndUser) {
  wire::ExecRequest exec = request();
  exec.env = {"MODE=b", "NEW=1"};
  exec.workdir = "/tmp";
  const oci::RuntimeSpec spec = plan_exec(container(), exec, ExecUser{{33, 34, {110}}, "/var/www"});
  EXPECT_THAT(spec.process.env, ElementsAre("PATH=/bin", "HOME=/var/www", "MODE=b", "NEW=1"));
  EXPECT_EQ(spec.process.cwd, "/tmp");
  EXPECT_EQ(spec.process.user.uid, 33u);
  EXPECT_THAT(spec.process.user.additional_gids, ElementsAre(110u));
}

TEST(PlanExec, RefusesIdsOutsideTheContainer) {
  EXPECT_THROW(plan_exec(container(), request(), ExecUser{{1000, 0, {}}, "/"}), Error);
  EXPECT_THROW(plan_exec(container(), request(), ExecUser{{1, 1, {5000}}, "/"}), Error);
}

}  // namespace
}  // namespace minibox::runtime
