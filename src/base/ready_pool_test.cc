#include "base/ready_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

namespace minibox {
namespace {

TEST(ReadyPool, HandsOutEachThingOnceAndDiscardsTheRest) {
  std::atomic<int> made{0};
  std::atomic<int> discarded{0};
  {
    ReadyPool<std::unique_ptr<int>> pool(
        3, [&] { return std::make_unique<int>(++made); }, [&](std::unique_ptr<int>) { ++discarded; });
    const auto first = pool.acquire();
    const auto second = pool.acquire();
    EXPECT_NE(*first, *second);
  }
  EXPECT_EQ(made - discarded, 2);
}

TEST(ReadyPool, AFailureIsReportedToWhoAsks) {
  ReadyPool<int> pool(2, []() -> int { throw Error(ErrorKind::kExhausted, "none left"); }, [](int) {});
  EXPECT_THROW(pool.acquire(), Error);
}

}  // namespace
}  // namespace minibox
