#include "base/clock.h"

#include <gtest/gtest.h>

namespace minibox {
namespace {

constexpr std::int64_t kNoon = 1'767'355'200;  // 2026-01-02T12:00:00Z
constexpr std::int64_t kNs = 1'000'000'000;

TEST(ParseTime, TakesRfc3339) {
  EXPECT_EQ(parse_time("2026-01-02T12:00:00Z"), kNoon * kNs);
  EXPECT_EQ(parse_time("2026-01-02T12:00:00z"), kNoon * kNs);
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_time("2024-02-29T00:00:00Z"), 1'709'164'800 * kNs);
  EXPECT_EQ(parse_time("2016-12-31T23:59:60Z"), 1'483'228'800 * kNs) << "a leap second";
}

TEST(ParseTime, TakesSecondsSince1970) {
  EXPECT_EQ(parse_time("0"), 0);
  EXPECT_EQ(parse_time("1767355200"), kNoon * kNs);
  EXPECT_EQ(parse_time("9000000000"), 9'000'000'000 * kNs);
  for (const char* text : {"9000000001", "99999999999", "-1", "+1", " 1", "1.5"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(ParseTime, OffsetsAreTakenOff) {
  EXPECT_EQ(parse_time("2026-01-02T13:30:00+01:30"), kNoon * kNs);
  EXPECT_EQ(parse_time("2026-01-02T02:00:00-10:00"), kNoon * kNs);
  EXPECT_EQ(parse_time("2026-01-02T12:00:00-00:00"), kNoon * kNs);
  EXPECT_EQ(parse_time("1969-12-31T23:00:00-01:00"), 0);
  EXPECT_EQ(parse_time("1970-01-01T00:00:00+01:00"), std::nullopt) << "before 1970";
}

TEST(ParseTime, FractionsCountToTheNanosecond) {
  EXPECT_EQ(parse_time("2026-01-02T12:00:00.5Z"), kNoon * kNs + 500'000'000);
  EXPECT_EQ(parse_time("2026-01-02T13:00:00.000000001+01:00"), kNoon * kNs + 1);
  EXPECT_EQ(parse_time("2026-01-02T12:00:00.1234567899999Z"), kNoon * kNs + 123'456'789);
  EXPECT_EQ(parse_time("2026-01-02T12:00:00.Z"), std::nullopt);
  EXPECT_EQ(parse_time("2026-01-02T12:00:00.5"), std::nullopt);
  EXPECT_EQ(parse_time("2026-01-02T12:00:00,5Z"), std::nullopt);
}

TEST(ParseTime, GarbageIsNoTime) {
  for (const char* text : {"",
                           "now",
                           "2026-01-02",
                           "2026-01-02T12:00:00",
                           "2026-01-02 12:00:00Z",
                           "2026-01-02T12:00Z",
                           "26-01-02T12:00:00Z",
                           "2026-1-02T012:00:00Z",
                           "2026-01- 2T12:00:00Z",
                           " 2026-01-02T12:00:00Z",
                           "2026-01-02T12:00:00Z ",
                           "2026-13-02T12:00:00Z",
                           "2026-00-02T12:00:00Z",
                           "2026-01-32T12:00:00Z",
                           "2026-01-00T12:00:00Z",
                           "2026-02-29T12:00:00Z",
                           "2026-01-02T24:00:00Z",
                           "2026-01-02T12:60:00Z",
                           "2026-01-02T12:00:61Z",
                           "9999-01-02T12:00:00Z"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_time(std::string("2026-01-02T12:00:00Z\0x", 22)), std::nullopt);
}

TEST(ParseTime, OffsetsAreTwoDigitsEach) {
  for (const char* zone : {"+-1:30", "++1:30", "+ 1:30", "+01: 3", "+01:-3", "+1:30", "+01:3", "+0130", "+01:30Z",
                           "+24:00", "+01:60", "01:30"}) {
    EXPECT_EQ(parse_time(std::string("2026-01-02T12:00:00") + zone), std::nullopt) << zone;
  }
}

TEST(Rfc3339, WhatIsPrintedIsReadBack) {
  for (const std::int64_t ns : {std::int64_t{0}, kNoon * kNs + 123'456'789, 9'000'000'000 * kNs}) {
    EXPECT_EQ(parse_time(format_rfc3339(ns)), ns);
  }
}

TEST(ParseDuration, TakesSecondsAndWhatDockerTakes) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  EXPECT_EQ(parse_duration("0"), 0);
  EXPECT_EQ(parse_duration("7"), 7 * kSecond);
  EXPECT_EQ(parse_duration("10s"), 10 * kSecond);
  EXPECT_EQ(parse_duration("1m30s"), 90 * kSecond);
  EXPECT_EQ(parse_duration("1h0m0.25s"), 3600 * kSecond + kSecond / 4);
  EXPECT_EQ(parse_duration("500ms"), kSecond / 2);
  EXPECT_EQ(parse_duration("1.5m"), 90 * kSecond);
  EXPECT_EQ(parse_duration("3us4ns"), 3004);
}

TEST(ParseDuration, RefusesAnythingElse) {
  for (const char* text : {"", "s", "-1s", "+1s", "1 s", "1s ", "1.s", ".5s", "1d", "1m30", "1s2", "0x1s", "1e3s",
                           "999999999999999999h", "9223372036s9223372036s", "99999999999999999999"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace minibox
