#include "api/http.h"

#include <gtest/gtest.h>

namespace minibox::api {
namespace {

TEST(ParseTarget, DecodesPathAndQuery) {
  const auto target = parse_target("/containers/logs?id=a%2Fb+c&follow=1&empty=&bare");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/containers/logs");
  EXPECT_EQ(target->query.at("id"), "a/b c");
  EXPECT_EQ(target->query.at("follow"), "1");
  EXPECT_EQ(target->query.at("empty"), "");
  EXPECT_EQ(target->query.at("bare"), "");
}

TEST(ParseTarget, RefusesWhatIsNoTarget) {
  for (const char* text :
       {"", "x", "http://h/x", "*", "/%", "/%4", "/%zz", "/a?x=%0", "/a%00b", "/a%0ab", "/a?x=%7f", "/a?id=1&id=2"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(ErrorResponse, EveryKindHasItsStatus) {
  EXPECT_EQ(error_response(Error(ErrorKind::kInvalid, "x"), false).status, 400);
  EXPECT_EQ(error_response(Error(ErrorKind::kNotFound, "x"), false).status, 404);
  EXPECT_EQ(error_response(Error(ErrorKind::kExists, "x"), false).status, 409);
  EXPECT_EQ(error_response(Error(ErrorKind::kExhausted, "x"), false).status, 507);
  EXPECT_EQ(error_response(Error(ErrorKind::kInternal, "x"), false).status, 500);
  EXPECT_EQ(error_response(Error(ErrorKind::kInternal, "x"), false, 413).status, 413);
}

TEST(ErrorResponse, OldClientsGetOneLineOfText) {
  Error error(ErrorKind::kConflict, "container is already running");
  error.with_hint("stop it");
  EXPECT_EQ(error_response(error, false).body, "container is already running\n");
  EXPECT_EQ(error_response(error, false).content_type, kPlainText);
}

TEST(PrintHead, IsAResponseHead) {
  Response response;
  response.headers = {{"Allow", "GET"}};
  response.status = 405;
  EXPECT_EQ(print_head(response, "Content-Length: 3", false),
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "X-Content-Type-Options: nosniff\r\nAllow: GET\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace minibox::api
