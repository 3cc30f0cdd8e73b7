#include "api/route_table.h"

#include <gtest/gtest.h>

namespace minibox::api {
namespace {

RouteMatch find_route(const char* method, const char* path) {
  return api::find_route({.method = method, .path = path, .query = {}, .headers = {}, .body = {}});
}

TEST(RouteTable, OnlyRoutesWithAJsonRequestNeedABody) {
  for (const char* path : {"/containers/run", "/containers/build"}) {
    EXPECT_GT(find_route("POST", path).route->body_limit, 0u) << path;
  }
  for (const char* path : {"/containers/stop", "/containers/start", "/containers/kill", "/containers/remove"}) {
    EXPECT_EQ(find_route("POST", path).route->body_limit, 0u) << path;
  }
}

TEST(RouteTable, WhatEndsContainersSharesNoThreadsWithWhatLasts) {
  const Lane stop = find_route("POST", "/containers/stop").route->lane;
  const Lane kill = find_route("POST", "/containers/kill").route->lane;
  EXPECT_NE(stop, kill);
  for (const Lane lane : {Lane::kShort, Lane::kLong, Lane::kFollow, Lane::kReadLog}) {
    EXPECT_NE(stop, lane);
    EXPECT_NE(kill, lane);
  }
}

TEST(RouteTable, LogsHaveLanesOfTheirOwn) {
  Request request{.method = "GET", .path = "/containers/logs", .query = {}, .headers = {}, .body = {}};
  EXPECT_EQ(api::find_route(request).route->lane, Lane::kShort);
  for (const char* name : {"tail", "since"}) {
    request.query = {{name, "0"}};
    EXPECT_EQ(api::find_route(request).route->lane, Lane::kReadLog) << name;
  }
  request.query = {{"follow", "0"}};
  EXPECT_EQ(api::find_route(request).route->lane, Lane::kShort);
  request.query = {{"follow", "1"}};
  EXPECT_EQ(api::find_route(request).route->lane, Lane::kFollow);
  request.method = "HEAD";
  EXPECT_EQ(api::find_route(request).route->lane, Lane::kShort);
}

TEST(RouteTable, PathsMatchExactly) {
  EXPECT_NE(find_route("GET", "/ping").route, nullptr);
  EXPECT_NE(find_route("HEAD", "/ping").route, nullptr);
  for (const char* path : {"/ping/", "/PING", "ping", "//ping", "/", ""}) {
    EXPECT_EQ(find_route("GET", path).route, nullptr) << path;
    EXPECT_EQ(find_route("GET", path).allow, "") << path;
  }
}

TEST(RouteTable, WrongMethodNamesTheRightOnes) {
  EXPECT_EQ(find_route("POST", "/ping").allow, "GET, HEAD");
  EXPECT_EQ(find_route("GET", "/containers/run").allow, "POST");
  EXPECT_EQ(find_route("HEAD", "/containers/run").allow, "POST");
}

}  // namespace
}  // namespace minibox::api
