#include "registry/challenge.h"

#include <gtest/gtest.h>

namespace minibox::registry {
namespace {

TEST(Challenge, ReadsWhatRegistriesSend) {
  const auto all = parse_challenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].scheme, "bearer");
  EXPECT_EQ(all[0].parameter("realm"), "https://auth.docker.io/token");
  EXPECT_EQ(all[0].parameter("service"), "registry.docker.io");
  EXPECT_EQ(all[0].parameter("scope"), "repository:a/b:pull,push");
  EXPECT_EQ(all[0].parameter("absent"), "");
}

TEST(Challenge, ReadsSeveralInOneField) {
  const auto all = parse_challenges(R"(Basic realm="a, b", , Bearer Realm = "c\"d" , x=y, Negotiate)");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].scheme, "basic");
  EXPECT_EQ(all[0].parameter("realm"), "a, b");
  EXPECT_EQ(all[1].parameter("realm"), "c\"d");
  EXPECT_EQ(all[1].parameter("x"), "y");
  EXPECT_EQ(all[2].scheme, "negotiate");
}

TEST(Challenge, TheFirstOfTwoParametersCounts) {
  EXPECT_EQ(parse_challenges(R"(Bearer realm="a",realm="b")").at(0).parameter("realm"), "a");
}

TEST(Challenge, LeavesOutWhatItCanNotUnderstand) {
  EXPECT_TRUE(parse_challenges("").empty());
  EXPECT_TRUE(parse_challenges("\x01\x02").empty());
  EXPECT_TRUE(parse_challenges("=,=").empty());
  EXPECT_EQ(parse_challenges(R"(Bearer realm="never closed)").at(0).parameter("realm"), "");
  EXPECT_EQ(parse_challenges("Bearer realm=\"a\\").at(0).parameter("realm"), "");
  EXPECT_EQ(parse_challenges("Basic ;;; Bearer realm=x").size(), 1u);
}

TEST(Challenge, ManyOrLongOnesEnd) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "a" + std::to_string(i) + " ";
  EXPECT_LE(parse_challenges(many).size(), 64u);
  EXPECT_LE(parse_challenges(std::string(1 << 20, ',')).size(), 64u);
  std::string parameters = "Bearer ";
  for (int i = 0; i < 10'000; ++i) parameters += "p" + std::to_string(i) + "=v,";
  EXPECT_LE(parse_challenges(parameters).at(0).parameters.size(), 64u);
}

}  // namespace
}  // namespace minibox::registry
