#include "base/text.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/id.h"

namespace minibox {
namespace {

TEST(Text, SplitKeepsEmptyPartsAndWordsDropThem) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split_words("  a \t b "), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(join({"", "a", "b"}, "-"), "-a-b");
}

TEST(Text, ParseIntTakesTheWholeTextAndTheRange) {
  EXPECT_EQ(parse_int("42", 0, 100), 42);
  EXPECT_EQ(parse_int("42x", 0, 100), std::nullopt);
  EXPECT_EQ(parse_int("101", 0, 100), std::nullopt);
  EXPECT_EQ(parse_int("", 0, 100), std::nullopt);
}

TEST(Text, HostAndPortAreCutAtThePortsColon) {
  EXPECT_EQ(split_host_port("h:1").host, "h");
  EXPECT_EQ(split_host_port("h:1").port, "1");
  EXPECT_EQ(split_host_port("h").port, std::nullopt);
  EXPECT_EQ(split_host_port("h:").port, "");
  EXPECT_EQ(split_host_port("[::1]").host, "[::1]");
  EXPECT_EQ(split_host_port("[::1]").port, std::nullopt);
  EXPECT_EQ(split_host_port("[::1]:80").host, "[::1]");
  EXPECT_EQ(split_host_port("[::1]:80").port, "80");
}

TEST(Text, QuoteShowsControlCharacters) {
  EXPECT_EQ(quote("a\nb\x1b"), "'a\\x0ab\\x1b'");
}

TEST(Text, NearestForgivesTwoEditsAndNoMore) {
  EXPECT_EQ(nearest("RUNN", {"RUN", "COPY"}), "RUN");
  EXPECT_EQ(nearest("xyzzy", {"RUN", "COPY"}), "");
}

TEST(Clock, DurationsReadAsInTheBuildLog) {
  EXPECT_EQ(format_duration(999), "999ms");
  EXPECT_EQ(format_duration(1500), "1.5s");
  EXPECT_EQ(format_duration(61'000), "1m1s");
}

TEST(Id, RandomIdsAreValidIds) {
  EXPECT_TRUE(is_container_id(random_id()));
  for (const char* bad : {"", "1234567", "123456789", "ABCDEF12", "../../et"})
    EXPECT_FALSE(is_container_id(bad)) << bad;
}

TEST(Text, Utf8HasOneFormForEachCharacter) {
  for (const char* text : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const char* text : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace minibox
