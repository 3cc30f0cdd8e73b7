#include "api/route_table.h"

#include <gtest/gtest.h>

namespace minibox::api {
namespace {

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
  for (const Lane lane : {Lane::kShort, Lane::kLong, Lane::kFollow}) {
    EXPECT_NE(stop, lane);
    EXPECT_NE(kill, lane);
  }
}

TEST(RouteTable, FollowingLogsIsARouteOfItsOwn) {
  const auto lane = [](const char* method, const std::map<std::string, std::string>& query) {
    return find_route(method, "/containers/logs", query).route->lane;
  };
  EXPECT_EQ(lane("GET", {{"follow", "1"}}), Lane::kFollow);
  EXPECT_EQ(lane("GET", {{"follow", "0"}}), Lane::kShort);
  EXPECT_EQ(lane("GET", {}), Lane::kShort);
  EXPECT_EQ(lane("HEAD", {{"follow", "1"}}), Lane::kShort);
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
