#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "wire/build_report.h"
#include "wire/build_request.h"
#include "wire/container_info.h"
#include "wire/error_body.h"
#include "wire/exec_request.h"
#include "wire/image_summary.h"
#include "wire/run_request.h"
#include "wire/stream_frame.h"
#include "wire/timing.h"

namespace minibox::wire {
namespace {

using ::testing::HasSubstr;

Error refusal(const std::string& json) {
  try {
    RunRequest::parse(json);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::kInternal, "accepted");
}

TEST(RunRequest, SurvivesPrintAndParse) {
  RunRequest request;
  request.image = "host:5000/team/app:1";
  request.command = {"sh", "-c", "echo \"\xc3\xa4\"\n"};
  request.detached = request.remove = request.timing = request.lazy = true;
  request.memory = 64;
  request.cpus = 1.5;
  request.pids_limit = -1;
  request.network = "none";
  request.ports = {{"127.0.0.1:8080", "80/tcp"}};
  request.volumes = {{"/srv", "/data:ro"}};
  request.entrypoint = {"/bin/sh", "-c"};
  request.labels = {{"tier", "web"}};
  request.extra_hosts = {"db:10.0.0.2"};
  request.dns = {"10.0.0.3"};
  request.env = {"A=1", "B="};
  request.user = "1000:1000";
  request.workdir = "/w";
  request.name = "web";
  request.hostname = "h";
  request.project = "p";
  request.healthcheck = {{"CMD", "true"}, 1000, 2000, 3000, 100, 4};
  request.cap_add = {"NET_ADMIN"};
  request.cap_drop = {"ALL"};
  request.seccomp = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
  request.userns = "host";
  request.read_only = request.db_mode = true;
  request.tmpfs = {{"/run", "size=1m"}};
  request.named_volumes = {{"db", "/data"}, {"db", "/again:ro"}, {"log", "/log"}};
  request.ulimits = {{"nofile", "1:2"}};
  request.sysctls = {{"net.core.somaxconn", "1"}};
  request.devices = {"/dev/fuse"};
  request.shm_size = 1;
  request.oom_score_adj = 0;
  request.cpuset = "0";
  request.io_weight = 1;
  request.memory_swap = -1;
  const RunRequest back = RunRequest::parse(request.print());
  EXPECT_EQ(back.print(), request.print());
  EXPECT_EQ(back.oom_score_adj, 0);
  EXPECT_EQ(back.devices, request.devices);
  EXPECT_EQ(back.tmpfs, request.tmpfs);
  EXPECT_EQ(back.command, request.command);
  EXPECT_EQ(back.ports, request.ports);
  EXPECT_EQ(back.cpus, 1.5);
  EXPECT_TRUE(back.remove);
}

TEST(ExecRequest, SurvivesPrintAndParse) {
  ExecRequest request;
  request.id = "web";
  request.command = {"sh", "-c", "x"};
  request.interactive = request.tty = request.detached = true;
  request.env = {"A=1"};
  request.user = "www";
  request.workdir = "/srv";
  EXPECT_EQ(ExecRequest::parse(request.print()).print(), request.print());
  EXPECT_EQ(ExecRequest::parse(request.print()).env, request.env);
}

TEST(ExecRequest, RefusesWhatCannotBe) {
  for (const char* json : {R"({"command":["a"]})", R"({"id":"a"})", R"({"id":"a","command":["b"],"env":["=x"]})",
                           R"({"id":"a","command":["b"],"workdir":"srv"})", R"({"id":"a","command":["b"],"pid":1})"}) {
    EXPECT_THROW(ExecRequest::parse(json), Error) << json;
  }
}

TEST(StreamFrame, CountsSurvive) {
  for (const std::uint32_t count : {0u, 1u, 255u, 65'536u, 0xfedcba98u}) {
    EXPECT_EQ(parse_count(print_count(count)), count);
  }
}

TEST(RunRequest, UnknownFieldIsRefusedByNameWithSuggestion) {
  const Error error = refusal(R"({"image":"a","memroy":5})");
  EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
  EXPECT_EQ(error.text(), "Invalid request: unknown field 'memroy'");
  EXPECT_EQ(error.hint(), "did you mean 'memory'?");
}

// Each empty word costs two bytes of text and fifty of memory.
TEST(RunRequest, BodyOfManySmallPartsIsRefused) {
  std::string words = "\"\"";
  for (int i = 0; i < 200'000; ++i) words += ",\"\"";
  EXPECT_EQ(refusal(R"({"image":"a","command":[)" + words + "]}").text(), "Invalid request: it has too many parts");
}

TEST(RunRequest, BrokenJsonHasTheBareWordsAndTheHintThePlace) {
  const Error error = refusal("{\"image\": nope}");
  EXPECT_EQ(error.text(), "Invalid request");
  EXPECT_EQ(error.hint(),
            "it is no valid JSON: line 1, column 12: names and texts stand in double quotes, and true, false and null "
            "are all other words");
}

TEST(RunRequest, HostileJsonIsRefused) {
  const std::vector<std::string> hostile = {
      "",
      "null",
      "[]",
      "\"x\"",
      "{",
      "{}x",
      R"({"image":1})",
      R"({"image":null})",
      R"({"image":"a","image":"b"})",
      R"({"image":"a\u0000b"})",
      R"({"image":"a","command":"true"})",
      R"({"image":"a","command":["a\u0000"]})",
      R"({"image":"a","command":[1]})",
      R"({"image":"a","memory":"64"})",
      R"({"image":"a","memory":1.5})",
      R"({"image":"a","memory":-1})",
      R"({"image":"a","memory":18446744073709551615})",
      R"({"image":"a","memory":1e400})",
      R"({"image":"a","cpus":-0.5})",
      R"({"image":"a","pids_limit":-2})",
      R"({"image":"a","detached":1})",
      R"({"image":"a","oom_score_adj":-1001})",
      R"({"image":"a","io_weight":1001})",
      R"({"image":"a","memory_swap":-2})",
      R"({"image":"a","cap_add":"ALL"})",
      R"({"image":"a","seccomp":{}})",
      R"({"image":"a","sysctls":{"net.a":1}})",
      R"({"image":"a","tmpfs":["/run"]})",
      R"({"image":"a","ports":{"80":80}})",
      R"({"image":"a","ports":["80:80"]})",
      R"({"image":"a","volumes":{"/a\u0000":"/b"}})",
      R"({"image":"a","env":["A"]})",
      R"({"image":"a","env":["=A"]})",
      R"({"image":"a","env":[""]})",
      R"({"image":"a","network":"host"})",
      R"({"image":"a","workdir":"w"})",
      R"({"image":"a","cpu":50000,"cpus":1})",
      "{\"image\":\"\xff\xfe\"}",
      std::string(1 << 20, '['),
      R"({"image":)" + std::string(100, '[') + std::string(100, ']') + "}",
  };
  for (const std::string& json : hostile) {
    const Error error = refusal(json);
    EXPECT_EQ(error.kind(), ErrorKind::kInvalid) << json.substr(0, 80);
    EXPECT_THAT(error.text(), HasSubstr("Invalid request")) << json.substr(0, 80);
  }
}

TEST(RunRequest, RefusalNamesFieldAndValue) {
  EXPECT_THAT(refusal(R"({"image":"a","memory":-7})").text(), HasSubstr("'memory'"));
  EXPECT_THAT(refusal(R"({"image":"a","memory":-7})").text(), HasSubstr("'-7'"));
}

TEST(BuildRequest, SurvivesPrintAndParse) {
  BuildRequest request;
  request.image = "img";
  request.minibox = "BASE busybox\n";
  request.context = "/ctx";
  request.file = "Other";
  request.no_cache = true;
  const BuildRequest back = BuildRequest::parse(request.print());
  EXPECT_EQ(back.image, "img");
  EXPECT_EQ(back.minibox, "BASE busybox\n");
  EXPECT_EQ(back.context, "/ctx");
  EXPECT_EQ(back.file, "Other");
  EXPECT_TRUE(back.no_cache);
}

TEST(BuildRequest, OptionsSurviveToo) {
  BuildRequest request;
  request.image = "img";
  request.source_date_epoch = 1'600'000'000;
  request.lenient = request.explain = request.report = true;
  request.target = "app";
  request.build_args = {{"V", "1=2"}};
  request.secrets = {{"token", std::string("a\0\xff", 3)}};
  request.network = "none";
  request.cache_dirs = {"/a", "/b"};
  request.cache_from = {"localhost:5000/cache"};
  request.cache_to = {"localhost:5000/cache:main", "r.example.com/c"};
  const BuildRequest back = BuildRequest::parse(request.print());
  EXPECT_EQ(back.source_date_epoch, 1'600'000'000);
  EXPECT_TRUE(back.lenient && back.explain && back.report);
  EXPECT_EQ(back.target, "app");
  EXPECT_EQ(back.build_args, request.build_args);
  EXPECT_EQ(back.secrets, request.secrets);
  EXPECT_EQ(back.network, "none");
  EXPECT_EQ(back.cache_dirs, request.cache_dirs);
  EXPECT_EQ(back.cache_from, request.cache_from);
  EXPECT_EQ(back.cache_to, request.cache_to);
  try {
    BuildRequest::parse(R"({"secrets":{"token":"pa$$word"}})");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "Invalid request: secret 'token' is not base64");
  }
}

TEST(BuildReport, SurvivesPrintAndParse) {
  const BuildReport report{
      "img", 42, {{"a", {}, true, true, 1, 2, 3, "x changed"}, {"b", {"a"}, false, false, 4, 5, 6, ""}}};
  EXPECT_EQ(BuildReport::parse(report.print()), report);
  EXPECT_EQ(report.print().find('\n'), std::string::npos);
  EXPECT_THROW(BuildReport::parse("{"), Error);
  EXPECT_THROW(BuildReport::parse(R"({"blocks":[{"spent_us":-1}]})"), Error);
}

TEST(BuildRequest, FileNameDefaultsToMiniBox) {
  EXPECT_EQ(BuildRequest::parse(R"({"image":"a","minibox":"x","context":"/c"})").file, "MiniBox");
}

TEST(ContainerInfo, SurvivesPrintAndParse) {
  ContainerInfo info;
  info.id = "0a1b2c3d";
  info.image = "busybox";
  info.command = {"sh", "-c", "true"};
  info.pid = 42;
  info.status = "running";
  info.created_at = "2026-01-02T03:04:05.000000006Z";
  info.exit_code = -1;
  info.ports = {{"8080", "80"}};
  const auto back = ContainerInfo::parse_map(ContainerInfo::print_map({{info.id, info}}));
  ASSERT_EQ(back.count("0a1b2c3d"), 1u);
  EXPECT_EQ(back.at("0a1b2c3d").command, info.command);
  EXPECT_EQ(back.at("0a1b2c3d").exit_code, -1);
  EXPECT_EQ(back.at("0a1b2c3d").ports, info.ports);
}

TEST(ContainerInfo, ListOfNoneIsAnEmptyObject) {
  EXPECT_EQ(ContainerInfo::print_map({}), "{}");
  EXPECT_TRUE(ContainerInfo::parse_map("{}").empty());
}

TEST(ContainerInfo, FieldsOfANewerDaemonAreLetThrough) {
  EXPECT_EQ(ContainerInfo::parse_map(R"({"a":{"id":"a","later":[1]}})").size(), 1u);
}

TEST(ImageSummary, ListOfNoneIsAnEmptyArray) {
  EXPECT_EQ(ImageSummary::print_list({}), "[]");
  EXPECT_TRUE(ImageSummary::parse_list("[]").empty());
  EXPECT_THROW(ImageSummary::parse_list("null"), Error);
}

TEST(ImageSummary, SurvivesPrintAndParse) {
  const auto back = ImageSummary::parse_list(ImageSummary::print_list({{"busybox", 1234, "sha256:ab", ""}}));
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].size_bytes, 1234u);
  EXPECT_EQ(back[0].digest, "sha256:ab");
}

TEST(ErrorBody, CarriesKindTextHintAndExitCode) {
  Error error = Error::from_errno("open('/x')", 2);
  error.add_context("bind volume").with_hint("make it").with_exit_code(127);
  const Error back = parse_error(print_error(error), ErrorKind::kInternal);
  EXPECT_EQ(back.kind(), ErrorKind::kNotFound);
  EXPECT_EQ(back.text(), "bind volume: open('/x'): No such file or directory (ENOENT)");
  EXPECT_EQ(back.hint(), "make it");
  EXPECT_EQ(back.exit_code(), 127);
}

TEST(ErrorBody, OddBodiesBecomeTheMessage) {
  for (const char* body : {"plain\n", "{\"error\":1}", "{\"error\":{}}", "{", "[[[", "{\"error\":{\"message\":5}}"}) {
    const Error error = parse_error(body, ErrorKind::kUnavailable);
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << body;
    EXPECT_FALSE(error.text().empty());
  }
  EXPECT_EQ(parse_error("plain\n", ErrorKind::kInvalid).text(), "plain");
  EXPECT_EQ(parse_error("", ErrorKind::kInvalid).text(), "the daemon gave no reason");
}

TEST(ErrorBody, InvalidUtf8InATextIsReplaced) {
  EXPECT_NO_THROW(print_error(Error(ErrorKind::kInternal, "path '\xff'")));
}

TEST(Timing, SurvivesPrintAndParse) {
  const auto back = parse_steps(print_steps({{"daemon", "make the cgroup", 12}}));
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].name, "make the cgroup");
  EXPECT_EQ(back[0].us, 12);
  EXPECT_THROW(parse_steps("{}"), Error);
}

TEST(StreamFrame, HeaderHoldsStreamAndLength) {
  const FrameHeader header = make_frame_header(Stream::kStderr, 0x01020304);
  EXPECT_EQ(frame_stream(header), Stream::kStderr);
  EXPECT_EQ(frame_size(header), 0x01020304u);
  EXPECT_EQ(header[1] | header[2] | header[3], 0);
}

TEST(RunRequest, HealthCheckIsOneOfDockersFormsWithTimesThatTheEngineCanKeep) {
  for (const char* test : {R"([])", R"(["NONE"])", R"(["CMD", "a", ""])", R"(["CMD-SHELL", "exit 0"])"}) {
    EXPECT_NO_THROW(RunRequest::parse(R"({"image": "i", "healthcheck": {"test": )" + std::string(test) + "}}")) << test;
  }
  for (const char* field :
       {R"("test": ["true"])", R"("test": ["NONE", "x"])", R"("test": ["CMD"])", R"("test": ["CMD", ""])",
        R"("test": ["CMD-SHELL", "a", "b"])", R"("test": "CMD")", R"("interval_ms": 99)", R"("interval_ms": -1)",
        R"("timeout_ms": 86400001)", R"("retries": 1001)", R"("interval": 5)"}) {
    EXPECT_THAT(refusal(R"({"image": "i", "healthcheck": {)" + std::string(field) + "}}").text(),
                HasSubstr("Invalid request: healthcheck: "))
        << field;
  }
  EXPECT_THAT(refusal(R"({"image": "i", "healthcheck": []})").text(), HasSubstr("a JSON object is expected"));
}

}  // namespace
}  // namespace minibox::wire
