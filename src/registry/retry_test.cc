#include "registry/retry.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace minibox::registry {
namespace {

using std::chrono::milliseconds;

class RetryTest : public testing::Test {
 protected:
  // Fails `failures` times with `kind`, then succeeds.
  void run(size_t failures, ErrorKind kind = ErrorKind::kUnavailable, std::optional<milliseconds> after = {}) {
    with_retries(
        policy_, stop_.get_token(), [](const Error& error) { return error.kind() == ErrorKind::kUnavailable; },
        [&](const RetryNotice& notice) { delays_.push_back(notice.delay); },
        [&](RetryAdvice& advice) {
          advice.after = after;
          if (attempts_++ < failures) throw Error(kind, "no");
        });
  }

  RetryPolicy policy_{{milliseconds(1), milliseconds(2)}, milliseconds(50)};
  std::stop_source stop_;
  size_t attempts_ = 0;
  std::vector<milliseconds> delays_;
};

TEST_F(RetryTest, SucceedsAfterFailuresThatPass) {
  run(2);
  EXPECT_EQ(attempts_, 3u);
  EXPECT_EQ(delays_, (std::vector{milliseconds(1), milliseconds(2)}));
}

TEST_F(RetryTest, TheLastFailureLeaves) {
  EXPECT_THROW(run(3), Error);
  EXPECT_EQ(attempts_, 3u);
}

TEST_F(RetryTest, WhatLastsIsTriedOnce) {
  EXPECT_THROW(run(1, ErrorKind::kNotFound), Error);
  EXPECT_EQ(attempts_, 1u);
}

TEST_F(RetryTest, TheRegistrysDelayCountsWithinReason) {
  run(1, ErrorKind::kUnavailable, milliseconds(3));
  EXPECT_EQ(delays_, (std::vector{milliseconds(3)}));
  attempts_ = 0;
  EXPECT_THROW(run(1, ErrorKind::kUnavailable, milliseconds(51)), Error);
  EXPECT_EQ(attempts_, 1u);
}

TEST_F(RetryTest, ARequestToStopEndsThePause) {
  policy_.delays = {std::chrono::hours(1)};
  policy_.longest = std::chrono::hours(2);
  const std::jthread stopper([this] { stop_.request_stop(); });
  try {
    run(1);
    FAIL() << "not stopped";
  } catch (const Error& error) {
    EXPECT_TRUE(error.kind() == ErrorKind::kCancelled || error.kind() == ErrorKind::kUnavailable);
  }
}

}  // namespace
}  // namespace minibox::registry
