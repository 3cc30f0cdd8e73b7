#include "api/access.h"

#include <gtest/gtest.h>

namespace minibox::api {
namespace {

int status(std::map<std::string, std::string> headers, const AccessRules& rules = {}) {
  Request request;
  request.method = "GET";
  request.path = "/ping";
  request.headers = std::move(headers);
  const auto refusal = check_access(request, rules);
  return refusal ? refusal->response.status : 200;
}

const AccessRules kTcp{"", "127.0.0.1"};

TEST(Access, OwnHostsAreLetIn) {
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]", "[::1]:1"}) {
    EXPECT_EQ(status({{"host", host}}, kTcp), 200) << host;
    EXPECT_EQ(status({{"host", host}}), 200) << host;
  }
  EXPECT_EQ(status({{"host", "10.0.0.5:8080"}}, {"", "10.0.0.5"}), 200);
  EXPECT_EQ(status({{"host", "[fd00::5]:8080"}}, {"", "fd00::5"}), 200);
}

TEST(Access, ForeignHostsAreRefused) {
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost:",
                           "localhost:x", "evil@localhost", "10.0.0.5", "localhost, evil.example", "[::1", "::1"}) {
    EXPECT_EQ(status({{"host", host}}), 403) << host;
  }
  EXPECT_EQ(status({}), 403);
  EXPECT_EQ(status({{"host", "10.0.0.6"}}, {"", "10.0.0.5"}), 403);
}

// A name server that the attacker runs, or that of a cafe, answers for "minibox" and the page of that name is
// same-origin.
TEST(Access, TheNameMiniboxCountsOnTheUnixSocketOnly) {
  for (const char* host : {"minibox", "MiniBox", "minibox:8080"}) {
    EXPECT_EQ(status({{"host", host}}), 200) << host;
    EXPECT_EQ(status({{"host", host}}, kTcp), 403) << host;
    EXPECT_EQ(status({{"host", host}, {"origin", std::string("http://") + host}}, kTcp), 403) << host;
  }
}

// As the raw-socket clients of the first version write it.
TEST(Access, OldClientsMayCallItMinibox) {
  const auto status_of_post = [](std::map<std::string, std::string> headers) {
    headers["content-type"] = "application/json";
    const auto refusal = check_access(
        {.method = "POST", .path = "/containers/exec", .query = {}, .headers = std::move(headers), .body = {}}, kTcp);
    return refusal ? refusal->response.status : 200;
  };
  EXPECT_EQ(status_of_post({{"host", "minibox"}}), 200);
  EXPECT_EQ(status_of_post({{"host", "minibox:80"}}), 403);
  for (const char* mark : {"origin", "referer", "sec-fetch-site", "sec-fetch-mode"})
    EXPECT_EQ(status_of_post({{"host", "minibox"}, {mark, "http://minibox"}}), 403) << mark;
}

TEST(Access, OnlyWhatTheUserTypedOrTheSamePageAskedForIsLetIn) {
  for (const char* site : {"same-origin", "none"}) {
    EXPECT_EQ(status({{"host", "localhost"}, {"sec-fetch-site", site}}, kTcp), 200) << site;
  }
  for (const char* site : {"cross-site", "same-site", "", "same-origin, cross-site"}) {
    EXPECT_EQ(status({{"host", "localhost"}, {"sec-fetch-site", site}}, kTcp), 403) << site;
  }
}

TEST(Access, OnlyTheSameOriginIsLetIn) {
  EXPECT_EQ(status({{"host", "localhost:8080"}, {"origin", "http://localhost:8080"}}), 200);
  for (const char* origin : {"http://evil.example", "null", "", "http://localhost", "https://localhost:8080",
                             "http://localhost:8080.evil.example", "http://127.0.0.1:8080"}) {
    EXPECT_EQ(status({{"host", "localhost:8080"}, {"origin", origin}}), 403) << origin;
  }
}

TEST(Access, TokenNeedsItsScheme) {
  const AccessRules rules{"s3cret", ""};
  EXPECT_EQ(status({{"host", "localhost"}, {"authorization", "Bearer s3cret"}}, rules), 200);
  EXPECT_EQ(status({{"host", "localhost"}, {"authorization", "bearer s3cret"}}, rules), 200);
  EXPECT_EQ(status({{"host", "localhost"}, {"x-api-token", "s3cret"}}, rules), 200);
  for (const char* value :
       {"s3cret", "Basic s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Bearer S3CRET"}) {
    EXPECT_EQ(status({{"host", "localhost"}, {"authorization", value}}, rules), 401) << value;
  }
  EXPECT_EQ(status({{"host", "localhost"}, {"x-api-token", ""}}, rules), 401);
}

TEST(Access, ComparisonSeesEveryDifference) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abcabc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("ab", "abc"));
  EXPECT_FALSE(equal_in_constant_time("", "abc"));
  EXPECT_FALSE(equal_in_constant_time(std::string_view("\0", 1), ""));
}

TEST(Access, JsonContentTypeMayHaveACharset) {
  EXPECT_TRUE(is_json_content_type("application/json"));
  EXPECT_TRUE(is_json_content_type("Application/JSON; charset=utf-8"));
  for (const char* type :
       {"", "text/plain", "application/jsonp", "application/x-www-form-urlencoded", "text/plain;application/json"}) {
    EXPECT_FALSE(is_json_content_type(type)) << type;
  }
}

}  // namespace
}  // namespace minibox::api
