#include "registry/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "base/error.h"

namespace minibox::registry {
namespace {

TEST(ForEachParallel, DoesEachJobOnce) {
  std::vector<std::atomic<int>> done(100);
  for_each_parallel(done.size(), 3, {}, [&](size_t i, const std::stop_token&) { ++done[i]; });
  for (const auto& count : done) EXPECT_EQ(count, 1);
}

TEST(ForEachParallel, RunsAsManyAtOnceAsAllowed) {
  std::latch all(3);  // passes only when three jobs are under way
  for_each_parallel(3, 3, {}, [&](size_t, const std::stop_token&) { all.arrive_and_wait(); });
  EXPECT_TRUE(all.try_wait());
}

TEST(ForEachParallel, TheFirstErrorStopsTheOthersAndLeaves) {
  std::latch both(2);
  const auto job = [&](size_t i, const std::stop_token& stop) {
    both.arrive_and_wait();
    if (i == 0) throw Error(ErrorKind::kCorrupt, "the first");
    while (!stop.stop_requested()) std::this_thread::yield();
    throw Error(ErrorKind::kCancelled, "cancelled");
  };
  try {
    for_each_parallel(2, 2, {}, job);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the first");
  }
}

TEST(ForEachParallel, ARequestToStopIsAnError) {
  std::stop_source stop;
  std::atomic<int> done = 0;
  EXPECT_THROW(for_each_parallel(1000, 1, stop.get_token(),
                                 [&](size_t i, const std::stop_token&) {
                                   ++done;
                                   if (i == 4) stop.request_stop();
                                 }),
               Error);
  EXPECT_EQ(done, 5);
}

}  // namespace
}  // namespace minibox::registry
