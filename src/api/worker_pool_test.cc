#include "api/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace minibox::api {
namespace {

TEST(WorkerPool, RunsJobsSideBySideUpToItsLimitAndRefusesMore) {
  std::latch both(2);
  std::latch release(1);
  std::atomic<int> done = 0;
  WorkerPool pool(2, 1);
  const auto job = [&] {
    both.count_down();
    release.wait();
    ++done;
  };
  ASSERT_TRUE(pool.try_submit(job));
  ASSERT_TRUE(pool.try_submit(job));
  both.wait();                                     // two threads are in their jobs at the same time
  EXPECT_TRUE(pool.try_submit([&] { ++done; }));   // waits in the queue
  EXPECT_FALSE(pool.try_submit([&] { ++done; }));  // no room
  release.count_down();
  pool.join();
  EXPECT_EQ(done, 3);
  EXPECT_FALSE(pool.try_submit([] {}));
}

TEST(WorkerPool, ReusesItsThreads) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(2, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.try_submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 500);
}

}  // namespace
}  // namespace minibox::api
