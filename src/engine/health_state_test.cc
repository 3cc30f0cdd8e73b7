#include "engine/health_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using Status = HealthState::Status;

constexpr HealthState::Time kStart = seconds(1000);

HealthRules rules(std::int64_t retries, milliseconds start_period = {}) {
  HealthRules rules;
  rules.interval = seconds(10);
  rules.start_interval = seconds(2);
  rules.start_period = start_period;
  rules.retries = retries;
  return rules;
}

TEST(HealthState, IsStartingUntilTheFirstSuccess) {
  HealthState state(rules(3), kStart);
  EXPECT_EQ(state.status(), Status::kStarting);
  state.record(true, kStart + seconds(10));
  EXPECT_EQ(state.status(), Status::kHealthy);
}

TEST(HealthState, IsUnhealthyAfterAsManyFailuresInARowAsRetries) {
  HealthState state(rules(3), kStart);
  for (const bool success : {true, false, false, true, false, false}) state.record(success, kStart + seconds(20));
  EXPECT_EQ(state.status(), Status::kHealthy);
  EXPECT_EQ(state.failing_streak(), 2);
  state.record(false, kStart + seconds(30));
  EXPECT_EQ(state.status(), Status::kUnhealthy);
  EXPECT_STREQ(state.status_name(), "unhealthy");
  state.record(false, kStart + seconds(40));
  EXPECT_EQ(state.failing_streak(), 4);
}

TEST(HealthState, OneSuccessMakesItHealthyAgain) {
  HealthState state(rules(1), kStart);
  state.record(false, kStart);
  EXPECT_EQ(state.status(), Status::kUnhealthy);
  state.record(true, kStart);
  EXPECT_EQ(state.status(), Status::kHealthy);
  EXPECT_EQ(state.failing_streak(), 0);
}

TEST(HealthState, FailuresOfTheStartPeriodDoNotCount) {
  HealthState state(rules(1, seconds(30)), kStart);
  state.record(false, kStart + seconds(29));
  EXPECT_EQ(state.status(), Status::kStarting);
  EXPECT_EQ(state.failing_streak(), 0);
  state.record(false, kStart + seconds(30));
  EXPECT_EQ(state.status(), Status::kUnhealthy);
}

TEST(HealthState, TheFirstSuccessEndsTheStartPeriod) {
  HealthState state(rules(1, seconds(30)), kStart);
  state.record(true, kStart + seconds(5));
  EXPECT_EQ(state.next_due(kStart + seconds(5)), kStart + seconds(15));
  state.record(false, kStart + seconds(6));
  EXPECT_EQ(state.status(), Status::kUnhealthy);
}

TEST(HealthState, ProbesMoreOftenInTheStartPeriod) {
  const HealthState state(rules(1, seconds(30)), kStart);
  EXPECT_EQ(state.next_due(kStart), kStart + seconds(2));
  EXPECT_EQ(state.next_due(kStart + seconds(30)), kStart + seconds(40));
  EXPECT_EQ(HealthState(rules(1), kStart).next_due(kStart), kStart + seconds(10));
}

TEST(HealthRules, DefaultsAreDockers) {
  const HealthRules rules = rules_of({.test = {"CMD", "a", "b"}});
  EXPECT_THAT(rules.command, ElementsAre("a", "b"));
  EXPECT_EQ(rules.interval, seconds(30));
  EXPECT_EQ(rules.timeout, seconds(30));
  EXPECT_EQ(rules.start_period, seconds(0));
  EXPECT_EQ(rules.start_interval, seconds(5));
  EXPECT_EQ(rules.retries, 3);
  EXPECT_THAT(rules_of({.test = {"CMD-SHELL", "a | b"}}).command, ElementsAre("/bin/sh", "-c", "a | b"));
}

TEST(HealthRules, AnImageCanNeitherMakeTheEngineBusyNorOverflowIt) {
  const HealthRules busy = rules_of({{"CMD", "x"}, 1, 1, 1, 1, 1});
  EXPECT_EQ(busy.interval, milliseconds(100));
  EXPECT_EQ(busy.start_interval, milliseconds(100));
  const HealthRules huge = rules_of({{"CMD", "x"}, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX});
  EXPECT_EQ(huge.timeout, std::chrono::hours(24));
  EXPECT_EQ(huge.retries, 1000);
  const HealthRules negative = rules_of({{"CMD", "x"}, -1, INT64_MIN, -1, -1, -1});
  EXPECT_EQ(negative.interval, seconds(30));
  EXPECT_EQ(negative.retries, 3);
}

TEST(HealthRules, TheRequestChangesTheImagesCheckFieldByField) {
  const oci::Healthcheck image{{"CMD", "x"}, 1'000'000'000, 2'000'000'000, 0, 0, 7};
  EXPECT_EQ(choose_health_check(image, {}), image);
  const auto changed = choose_health_check(image, {{}, 0, 500, 0, 0, 2});
  EXPECT_EQ(changed, (oci::Healthcheck{{"CMD", "x"}, 1'000'000'000, 500'000'000, 0, 0, 2}));
  EXPECT_THAT(choose_health_check(image, {.test = {"CMD-SHELL", "y"}})->test, ElementsAre("CMD-SHELL", "y"));
  EXPECT_EQ(choose_health_check(image, {.test = {"NONE"}}), std::nullopt);
}

TEST(HealthRules, NoneAndNothingAreNoCheck) {
  EXPECT_EQ(choose_health_check(std::nullopt, {}), std::nullopt);
  EXPECT_EQ(choose_health_check(oci::Healthcheck{.test = {"NONE"}}, {}), std::nullopt);
  EXPECT_EQ(choose_health_check(oci::Healthcheck{}, {}), std::nullopt);
}

TEST(HealthRules, WhatCouldNotBeKeptIsRefused) {
  EXPECT_THROW(choose_health_check(std::nullopt, {{}, 1000}), Error);
  EXPECT_THROW(choose_health_check(oci::Healthcheck{.test = {"NONE"}}, {{}, 0, 0, 0, 0, 1}), Error);
  EXPECT_THROW(choose_health_check(oci::Healthcheck{.test = {"CMD"}}, {}), Error);
  EXPECT_THROW(choose_health_check(oci::Healthcheck{.test = {"HTTP", "/"}}, {}), Error);
}

}  // namespace
}  // namespace minibox::engine
