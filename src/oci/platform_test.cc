#include "oci/platform.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::oci {
namespace {

Descriptor offer(char digit, const std::string& platform) {
  Descriptor manifest;
  manifest.digest = Digest::from_hex(std::string(64, digit));
  if (!platform.empty()) manifest.platform = parse_platform(platform);
  return manifest;
}

std::string chosen(const std::vector<Descriptor>& offers, const std::string& wanted) {
  const auto manifest = choose_manifest(offers, parse_platform(wanted));
  return manifest ? manifest->digest.hex().substr(0, 1) : "none";
}

TEST(Platform, ReadsAndPrintsItsForms) {
  EXPECT_EQ(print_platform(parse_platform("linux/arm64/v8")), "linux/arm64/v8");
  EXPECT_EQ(print_platform(parse_platform("arm64")), "linux/arm64");
  EXPECT_EQ(print_platform(parse_platform("linux/x86_64")), "linux/amd64");
  EXPECT_EQ(print_platform(parse_platform("aarch64")), "linux/arm64");
}

TEST(Platform, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "linux/", "linux//v7", "a/b/c/d", "linux/am d64", "linux/../x"}) {
    EXPECT_THROW(parse_platform(text), Error) << text;
  }
}

TEST(Platform, TheHostsIsAmongItsOwn) {
  EXPECT_TRUE(runs_on(host_platform(), host_platform()));
  EXPECT_EQ(host_platform().os, "linux");
}

TEST(Platform, TheFirstOfTheRightArchitectureIsChosen) {
  const std::vector<Descriptor> offers = {offer('1', "linux/arm64/v8"), offer('2', "linux/amd64"),
                                          offer('3', "linux/amd64"), offer('4', "windows/amd64"), offer('5', "")};
  EXPECT_EQ(chosen(offers, "amd64"), "2");
  EXPECT_EQ(chosen(offers, "arm64"), "1");
  EXPECT_EQ(chosen(offers, "riscv64"), "none");
}

TEST(Platform, TheNearestVariantThatStillRunsIsChosen) {
  const std::vector<Descriptor> offers = {offer('5', "linux/arm/v5"), offer('7', "linux/arm/v7"),
                                          offer('6', "linux/arm/v6")};
  EXPECT_EQ(chosen(offers, "linux/arm/v7"), "7");
  EXPECT_EQ(chosen(offers, "linux/arm/v6"), "6");
  EXPECT_EQ(chosen(offers, "linux/arm"), "7");
  EXPECT_EQ(chosen(offers, "linux/arm/v4"), "none");
  // A processor of the third level runs what needs the first, not the other way round.
  EXPECT_EQ(chosen({offer('3', "linux/amd64/v3"), offer('1', "linux/amd64")}, "amd64"), "1");
}

}  // namespace
}  // namespace minibox::oci
