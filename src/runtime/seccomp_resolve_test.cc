#include "runtime/seccomp_resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "runtime/plan_capabilities.h"
#include "runtime/seccomp_profile.h"

namespace minibox::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr SeccompConditions kNone{};

std::string with_rule(const std::string& conditions) {
  return R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["bpf"],"action":"SCMP_ACT_ALLOW",)" + conditions +
         "}]}";
}

std::string resolved(const std::string& conditions, const SeccompConditions& given) {
  return resolve_seccomp(with_rule(conditions), given);
}

TEST(SeccompResolve, RulesFollowTheCapabilities) {
  const SeccompConditions admin{{"CAP_SYS_ADMIN"}, 6, 1};
  const std::string includes = R"("includes":{"caps":["CAP_SYS_ADMIN"]})";
  EXPECT_THAT(resolved(includes, admin), HasSubstr("bpf"));
  EXPECT_THAT(resolved(includes, kNone), Not(HasSubstr("bpf")));
  const std::string excludes = R"("excludes":{"caps":["CAP_SYS_ADMIN"]})";
  EXPECT_THAT(resolved(excludes, admin), Not(HasSubstr("bpf")));
  EXPECT_THAT(resolved(excludes, kNone), HasSubstr("bpf"));
  const std::string both = R"("includes":{"caps":["CAP_SYS_ADMIN","CAP_BPF"]})";
  EXPECT_THAT(resolved(both, admin), Not(HasSubstr("bpf")));
}

TEST(SeccompResolve, RulesFollowKernelAndArchitecture) {
  const std::string kernel = R"("includes":{"minKernel":"4.8"})";
  EXPECT_THAT(resolved(kernel, {{}, 4, 8}), HasSubstr("bpf"));
  EXPECT_THAT(resolved(kernel, {{}, 5, 1}), HasSubstr("bpf"));
  EXPECT_THAT(resolved(kernel, {{}, 4, 7}), Not(HasSubstr("bpf")));
  EXPECT_THAT(resolved(R"("includes":{"arches":["s390x"]})", kNone), Not(HasSubstr("bpf")));
  EXPECT_THAT(resolved(R"("includes":{"arches":["amd64","arm64"]})", kNone), HasSubstr("bpf"));
}

TEST(SeccompResolve, WhatCannotBeDecidedIsRefused) {
  EXPECT_THROW(resolved(R"("includes":{"moon":"full"})", kNone), Error);
  EXPECT_THROW(resolved(R"("includes":{"minKernel":"new"})", kNone), Error);
  EXPECT_THROW(resolved(R"("errno":"EMOON")", kNone), Error);
  for (const char* text :
       {"", "[]", "{", "{}", R"({"defaultAction":1,"syscalls":[{}]})",
        R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":["x"],"archMap":[{"architecture":"y"}]})"})
    EXPECT_THROW(resolve_seccomp(text, kNone), Error) << text;
}

TEST(SeccompResolve, ErrnoByNameAndSubArchitecturesOfOurs) {
  EXPECT_THAT(resolved(R"("errno":"ENOSYS","errnoRet":1)", kNone), HasSubstr("\"errnoRet\":38"));
  const std::string profile = resolve_seccomp(
      R"({"defaultAction":"SCMP_ACT_ALLOW","archMap":[
        {"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]},
        {"architecture":"SCMP_ARCH_S390X","subArchitectures":["SCMP_ARCH_S390"]}]})",
      kNone);
  EXPECT_THAT(profile, HasSubstr("SCMP_ARCH_X32"));
  EXPECT_THAT(profile, Not(HasSubstr("S390")));
  EXPECT_GT(compile_seccomp(profile).size(), 0u);
}

// The form of the profile that Podman ships: errno by name, the same call with and without a capability, several
// architectures, null and empty members, one argument compared twice.
TEST(SeccompResolve, AProfileInPodmansFormCompiles) {
  const std::string profile = R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"defaultErrno":"ENOSYS",
    "archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]}],
    "syscalls":[
     {"names":["read","write","no_such_call"],"action":"SCMP_ACT_ALLOW","args":[],"comment":"","includes":{},"excludes":{}},
     {"names":["bpf"],"action":"SCMP_ACT_ALLOW","args":[],"includes":{"caps":["CAP_SYS_ADMIN"]},"excludes":{}},
     {"names":["bpf"],"action":"SCMP_ACT_ERRNO","args":[],"includes":{},"excludes":{"caps":["CAP_SYS_ADMIN"]},"errnoRet":1,"errno":"EPERM"},
     {"names":["socket"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":16,"valueTwo":0,"op":"SCMP_CMP_EQ"},{"index":2,"value":9,"op":"SCMP_CMP_EQ"}],"errnoRet":22},
     {"names":["ioprio_get"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"valueTwo":0,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]},
     {"name":"personality","action":"SCMP_ACT_ALLOW","args":null}]})";
  const SeccompConditions conditions = SeccompConditions::of_this_kernel(default_capabilities());
  EXPECT_GT(compile_seccomp(resolve_seccomp(profile, conditions)).size(), 100u);
}

TEST(SeccompResolve, TheBuiltInProfileAllowsMoreWithACapability) {
  const std::string profile = default_seccomp_profile();
  EXPECT_THAT(resolve_seccomp(profile, {default_capabilities(), 6, 1}), Not(HasSubstr("\"mount\"")));
  EXPECT_THAT(resolve_seccomp(profile, {{"CAP_SYS_ADMIN"}, 6, 1}), HasSubstr("\"mount\""));
  // includes and excludes must be resolved first: an allow-list would be too wide otherwise.
  EXPECT_THROW(compile_seccomp(profile), Error);
}

}  // namespace
}  // namespace minibox::runtime
