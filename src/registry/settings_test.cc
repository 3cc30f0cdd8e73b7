#include "registry/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::registry {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& json) {
  try {
    Settings::parse(json, "registries.json");
    return "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
    return error.text();
  }
}

TEST(Settings, WithoutAFileOnlyThisMachineIsReachedWithoutTls) {
  const Settings none;
  EXPECT_EQ(none.endpoint("docker.io").print(), "https://registry-1.docker.io/");
  EXPECT_EQ(none.endpoint("quay.io").print(), "https://quay.io/");
  EXPECT_EQ(none.endpoint("registry.lan:5000").print(), "https://registry.lan:5000/");
  EXPECT_EQ(none.endpoint("localhost:5000").print(), "http://localhost:5000/");
  EXPECT_EQ(none.endpoint("127.0.0.9").print(), "http://127.0.0.9/");
  EXPECT_EQ(none.endpoint("[::1]:5000").print(), "http://[::1]:5000/");
  EXPECT_EQ(none.retry.delays.size(), 2u);
}

TEST(Settings, AHostIsWhatTheFileSays) {
  const Settings settings = Settings::parse(R"({"registries": {
    "Registry.lan:5000": {"insecure": true},
    "localhost:5001": {"insecure": false},
    "localhost:5002": {"ca": "/etc/ca.pem"},
    "docker.io": {"mirrors": ["http://mirror.lan:5000", "https://other.lan"]}},
    "retry_delays_ms": [1, 2, 3], "timeout_ms": 500})",
                                            "registries.json");
  EXPECT_EQ(settings.endpoint("registry.lan:5000").print(), "http://registry.lan:5000/");
  EXPECT_EQ(settings.endpoint("localhost:5001").print(), "https://localhost:5001/");
  EXPECT_EQ(settings.endpoint("localhost:5002").print(), "https://localhost:5002/");
  EXPECT_EQ(settings.host("localhost:5002").ca_file, "/etc/ca.pem");
  ASSERT_EQ(settings.host("docker.io").mirrors.size(), 2u);
  EXPECT_EQ(settings.host("registry-1.docker.io").mirrors[0].print(), "http://mirror.lan:5000/");
  EXPECT_EQ(settings.retry.delays.size(), 3u);
  EXPECT_EQ(settings.timeout.count(), 500);
}

TEST(Settings, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refusal(R"({"registry": {}})"), HasSubstr("registries.json: unknown property 'registry'"));
  EXPECT_THAT(refusal(R"({"registries": {"a": {"insecur": true}}})"), HasSubstr("['a']: unknown property 'insecur'"));
  EXPECT_THAT(refusal(R"({"registries": {"a": {"insecure": "yes"}}})"), HasSubstr("'insecure' is not a boolean"));
  EXPECT_THAT(refusal(R"({"registries": {"a": {"ca": "ca.pem"}}})"), HasSubstr("not an absolute path"));
  EXPECT_THAT(refusal(R"({"registries": {"a": {"insecure": true, "ca": "/ca"}}})"), HasSubstr("no meaning"));
  EXPECT_THAT(refusal(R"({"registries": {"a": {"mirrors": ["mirror.lan"]}}})"), HasSubstr("neither https nor http"));
  EXPECT_THAT(refusal(R"({"registries": {"a": {"mirrors": ["http://m/path"]}}})"), HasSubstr("has a path"));
  EXPECT_THAT(refusal(R"({"registries": []})"), HasSubstr("is not an object"));
  EXPECT_THAT(refusal(R"({"retry_delays_ms": [-1]})"), HasSubstr("milliseconds"));
  EXPECT_THAT(refusal(R"({"timeout_ms": 0})"), HasSubstr("zero"));
  EXPECT_EQ(refusal("{\n  \"registries\": {},\n}\n"),
            "registries.json is not valid JSON: line 3, column 1: a name in double quotes is expected, not '}'");
}

}  // namespace
}  // namespace minibox::registry
