#include "oci/runtime_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::oci {
namespace {

RuntimeSpec sample() {
  RuntimeSpec spec;
  spec.process.args = {"sh", "-c", "echo \"quoted\"\n"};
  spec.process.env = {"A=b"};
  spec.process.user = {1, 2, {3, 4}};
  spec.process.rlimits = {{"RLIMIT_NOFILE", 1, 2}};
  spec.process.oom_score_adj = -900;
  spec.mounts = {{"/", "overlay", "overlay", {"lowerdir+=/a:b"}, {{0, 100000, 65536}}, {{0, 100000, 65536}}}};
  spec.namespaces = {{"network", "/proc/1/fd/3"}, {"user", ""}};
  spec.devices = {{"/dev/null", 'c', 1, 3, 0666}};
  spec.resources.memory_limit = 1 << 20;
  spec.resources.cpu_quota = 50000;
  spec.resources.cpu_period = 100000;
  spec.resources.cpuset_cpus = "0-1";
  spec.resources.block_io_weight = 800;
  spec.resources.devices = {{false, 'a', {}, {}, "rwm"}, {true, 'c', 1, {}, "rw"}};
  spec.sysctl = {{"net.core.somaxconn", "12"}};
  spec.seccomp_json = R"({"defaultAction":"SCMP_ACT_ERRNO"})";
  spec.annotations = {{kSeccompBpfAnnotation, "/x"}};
  return spec;
}

TEST(RuntimeSpec, PrintAndParseAgree) {
  const std::string json = sample().print();
  const RuntimeSpec parsed = RuntimeSpec::parse(json);
  EXPECT_EQ(parsed.print(), json);
  EXPECT_EQ(parsed.process.args, sample().process.args);
  EXPECT_EQ(parsed.mounts, sample().mounts);
  EXPECT_EQ(parsed.process.oom_score_adj, -900);
  EXPECT_EQ(parsed.resources.memory_limit, 1 << 20);
  EXPECT_EQ(parsed.resources.devices, sample().resources.devices);
  EXPECT_EQ(parsed.sysctl, sample().sysctl);
}

TEST(RuntimeSpec, WrongTypesAreNamed) {
  try {
    RuntimeSpec::parse(R"({"process":{"user":{"uid":-1,"gid":0}}})");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "config.json: config.process.user.uid: negative");
  }
  EXPECT_THROW(RuntimeSpec::parse(R"({"mounts":{}})"), Error);
  EXPECT_THROW(RuntimeSpec::parse(R"({"mounts":[)"), Error);
  EXPECT_THROW(RuntimeSpec::parse("[]"), Error);
}

TEST(RuntimeSpec, UnknownPropertiesAreIgnoredAsTheSpecDemands) {
  EXPECT_EQ(RuntimeSpec::parse(R"({"hostname":"h","hooks":{},"windows":1})").hostname, "h");
}

}  // namespace
}  // namespace minibox::oci
