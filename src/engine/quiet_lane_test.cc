#include "engine/quiet_lane.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <condition_variable>
#include <future>
#include <mutex>

namespace minibox::engine {
namespace {

void wait_for_stop(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any stopped;
  stopped.wait(lock, stop, [] { return false; });
}

TEST(QuietLane, TakesWhatIsWaitingOrAtWorkOnlyOnce) {
  QuietLane lane;
  std::promise<void> may_end;
  const std::shared_future<void> end = may_end.get_future().share();
  std::promise<void> done;
  EXPECT_TRUE(lane.post("one", [end](const std::stop_token&) { end.wait(); }, "app"));
  EXPECT_FALSE(lane.post("one", [](const std::stop_token&) { ADD_FAILURE(); }));
  EXPECT_TRUE(lane.is_fetching("app"));
  EXPECT_TRUE(lane.post("two", [&](const std::stop_token&) { done.set_value(); }));
  may_end.set_value();
  done.get_future().wait();
  EXPECT_FALSE(lane.is_fetching("app"));
  std::promise<void> again;
  EXPECT_TRUE(lane.post("one", [&](const std::stop_token&) { again.set_value(); }));
  again.get_future().wait();
}

TEST(QuietLane, AStopEndsWhatIsAtWorkAndDropsWhatWaits) {
  QuietLane lane;
  std::promise<void> begun;
  lane.post("long", [&](const std::stop_token& stop) {
    begun.set_value();
    wait_for_stop(stop);
  });
  lane.post("waits", [](const std::stop_token&) { ADD_FAILURE(); });
  begun.get_future().wait();
  lane.stop();
}

TEST(QuietLane, ItsPriorityIsItsThreadsAlone) {
  const int ours = ::getpriority(PRIO_PROCESS, 0);
  std::promise<int> theirs;
  {
    QuietLane lane;
    lane.post("look", [&](const std::stop_token&) { theirs.set_value(::getpriority(PRIO_PROCESS, 0)); });
    EXPECT_GE(theirs.get_future().get(), 10);
  }
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), ours);
}

}  // namespace
}  // namespace minibox::engine
