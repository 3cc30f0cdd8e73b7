#include "cli/isolation_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace minibox::cli {
namespace {

using ::testing::HasSubstr;

struct Parsed {
  wire::RunRequest request;
  IsolationWords words;
};

wire::RunRequest parse(const std::vector<std::string>& args) {
  Parsed parsed;
  Options options("run", "");
  declare_isolation(options, parsed.request, parsed.words);
  options.parse(args, 0, 0);
  fill_isolation(parsed.request, parsed.words);
  return parsed.request;
}

std::string error_of(const std::vector<std::string>& args) {
  try {
    parse(args);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.text();
  }
  return "no error";
}

TEST(IsolationOptions, BecomeFieldsOfTheRequest) {
  const wire::RunRequest request = parse({"--cap-add",
                                          "CHOWN",
                                          "--cap-drop=ALL",
                                          "--tmpfs",
                                          "/run:size=1m",
                                          "--tmpfs",
                                          "/tmp",
                                          "--ulimit",
                                          "nofile=1:2",
                                          "--sysctl",
                                          "net.core.somaxconn=5",
                                          "--shm-size",
                                          "1g",
                                          "--memory-swap",
                                          "-1",
                                          "--oom-score-adj",
                                          "-900",
                                          "--blkio-weight",
                                          "7",
                                          "--security-opt",
                                          "no-new-privileges",
                                          "--security-opt",
                                          "seccomp=unconfined"});
  EXPECT_EQ(request.cap_add, std::vector<std::string>{"CHOWN"});
  EXPECT_EQ(request.tmpfs, (std::map<std::string, std::string>{{"/run", "size=1m"}, {"/tmp", ""}}));
  EXPECT_EQ(request.ulimits.at("nofile"), "1:2");
  EXPECT_EQ(request.sysctls.at("net.core.somaxconn"), "5");
  EXPECT_EQ(request.shm_size, 1024);
  EXPECT_EQ(request.memory_swap, -1);
  EXPECT_EQ(request.oom_score_adj, -900);
  EXPECT_EQ(request.io_weight, 7);
  EXPECT_EQ(request.seccomp, "unconfined");
}

TEST(IsolationOptions, WhatDoesNotFitIsAUsageErrorWithTheOptionsName) {
  EXPECT_THAT(error_of({"--tmpfs", "run"}), HasSubstr("--tmpfs: 'run': the path must be absolute"));
  EXPECT_THAT(error_of({"--tmpfs", "/a", "--tmpfs", "/a:ro"}), HasSubstr("'/a' is given twice"));
  EXPECT_THAT(error_of({"--ulimit", "nofile"}), HasSubstr("--ulimit: needs NAME=VALUE"));
  EXPECT_THAT(error_of({"--sysctl", "=1"}), HasSubstr("--sysctl: needs NAME=VALUE"));
  EXPECT_THAT(error_of({"--oom-score-adj", "1001"}), HasSubstr("-1000 to 1000"));
  EXPECT_THAT(error_of({"--shm-size", "x"}), HasSubstr("--shm-size"));
  EXPECT_THAT(error_of({"--security-opt", "no-new-privileges:false"}), HasSubstr("always on"));
  EXPECT_THAT(error_of({"--security-opt", "label=disable"}), HasSubstr("unknown option"));
  EXPECT_THAT(error_of({"--security-opt", "seccomp="}), HasSubstr("needs a file"));
}

TEST(IsolationOptions, TheProfileIsReadHereAndItsSizeIsBounded) {
  const std::string path = ::testing::TempDir() + "minibox-profile-" + std::to_string(::getpid()) + ".json";
  std::ofstream(path) << "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
  EXPECT_EQ(parse({"--security-opt", "seccomp=" + path}).seccomp, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
  EXPECT_THAT(error_of({"--security-opt", "seccomp=unconfined", "--security-opt", "seccomp=" + path}),
              HasSubstr("given twice"));
  std::ofstream(path) << std::string((512u << 10) + 1, ' ');
  EXPECT_THAT(error_of({"--security-opt", "seccomp=" + path}), HasSubstr("more than 524288 bytes"));
  std::ofstream(path, std::ios::trunc) << " ";
  EXPECT_THAT(error_of({"--security-opt", "seccomp=" + path}), HasSubstr("is empty"));
  std::filesystem::remove(path);
  EXPECT_THAT(error_of({"--security-opt", "seccomp=" + path}), HasSubstr("(ENOENT)"));
  EXPECT_THAT(error_of({"--security-opt", "seccomp=/tmp"}), HasSubstr("(EISDIR)"));
}

}  // namespace
}  // namespace minibox::cli
