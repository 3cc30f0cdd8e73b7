#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "api/active_calls.h"
#include "api/byte_budget.h"
#include "api/log_throttle.h"

namespace minibox::api {
namespace {

using std::chrono::milliseconds;

TEST(ActiveCalls, CallThatThrowsIsNotCountedForEver) {
  ActiveCalls calls;
  EXPECT_THROW(
      {
        const ActiveCalls::Guard guard(calls);
        EXPECT_FALSE(calls.wait_until_none(milliseconds(0)));
        throw std::runtime_error("no thread");
      },
      std::runtime_error);
  EXPECT_TRUE(calls.wait_until_none(milliseconds(0)));
}

TEST(ByteBudget, GivesNoMoreThanItHasAndTakesBackOnce) {
  ByteBudget budget(10);
  {
    std::optional<ByteBudget::Lease> first = budget.try_take(6);
    ASSERT_TRUE(first);
    EXPECT_FALSE(budget.try_take(5));
    const ByteBudget::Lease moved = std::move(*first);
    first.reset();
    EXPECT_FALSE(budget.try_take(5));
    EXPECT_TRUE(budget.try_take(4));
  }
  EXPECT_TRUE(budget.try_take(10));
  EXPECT_FALSE(budget.try_take(11));
}

TEST(LogThrottle, FloodIsAFewLinesAndANumber) {
  std::vector<std::string> lines;
  LogThrottle throttle([&lines](const std::string& line) { lines.push_back(line); });
  const LogThrottle::Clock::time_point begin{};
  for (int i = 0; i < 1000; ++i) throttle.write("refused", begin);
  EXPECT_EQ(lines.size(), LogThrottle::kLines);
  throttle.write("refused again", begin + LogThrottle::kWindow);
  ASSERT_EQ(lines.size(), LogThrottle::kLines + 2);
  EXPECT_EQ(lines[LogThrottle::kLines], "left out 990 more lines like those before");
  EXPECT_EQ(lines.back(), "refused again");
}

}  // namespace
}  // namespace minibox::api
