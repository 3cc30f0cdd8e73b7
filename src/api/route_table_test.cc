#include "api/route_table.h"

#include <gtest/gtest.h>

#include <set>

namespace minibox::api {
namespace {

TEST(RouteTable, EveryMethodAndPathIsThereOnce) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& route : all_routes()) EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
  EXPECT_EQ(seen.size(), 25u);
}

TEST(RouteTable, OnlyRoutesWithAJsonRequestTakeABody) {
  for (const Route& route : all_routes()) {
    const bool json =
        route.path == "/containers/run" || route.path == "/containers/update" || route.path == "/containers/build";
    EXPECT_EQ(route.body_limit > 0, json) << route.path;
  }
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
