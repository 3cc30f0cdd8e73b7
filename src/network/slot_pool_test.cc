#include "network/slot_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

#include "base/error.h"

namespace minibox::network {
namespace {

// Slots without a kernel object: the pool itself never looks into them.
struct Counter {
  std::atomic<int> made{0};
  std::atomic<int> destroyed{0};
  SlotPool::Make make() {
    return [this] {
      ++made;
      made.notify_all();
      return Slot{};
    };
  }
  SlotPool::Destroy destroy() {
    return [this](Slot) {
      ++destroyed;
      destroyed.notify_all();
    };
  }
};

void wait_until(std::atomic<int>& value, int at_least) {
  for (int seen = value; seen < at_least; seen = value) value.wait(seen);
}

TEST(SlotPool, MakesNothingUntilItIsUsed) {
  Counter counter;
  SlotPool pool(counter.make(), counter.destroy());
  EXPECT_EQ(counter.made, 0);
}

TEST(SlotPool, RefillsBehindTheBack) {
  Counter counter;
  SlotPool pool(counter.make(), counter.destroy());
  pool.acquire();
  wait_until(counter.made, 3);  // one inline, two to keep
  pool.stop();
  EXPECT_EQ(counter.made, 3);
  EXPECT_EQ(counter.destroyed, 2);
}

TEST(SlotPool, ToppedUpAfterAStartThatLeftOne) {
  Counter counter;
  SlotPool pool(counter.make(), counter.destroy());
  pool.warm_up();
  wait_until(counter.made, 2);
  const Slot slot = pool.acquire();
  pool.top_up();
  wait_until(counter.made, 3);
}

TEST(SlotPool, DiscardedSlotIsDestroyedByTheThread) {
  Counter counter;
  SlotPool pool(counter.make(), counter.destroy());
  pool.discard(Slot{});
  wait_until(counter.destroyed, 1);
}

TEST(SlotPool, FailureToRefillIsMetByTheNextAcquire) {
  std::atomic<int> calls{0};
  std::latch tried(1);
  SlotPool pool(
      [&]() -> Slot {
        if (++calls == 1) tried.count_down();
        throw Error(ErrorKind::kExhausted, "no more");
      },
      [](Slot) {});
  pool.warm_up();
  tried.wait();
  EXPECT_THROW(pool.acquire(), Error);
}

TEST(SlotPool, ThreadSurvivesWhateverMakingASlotThrows) {
  std::atomic<int> calls{0};
  SlotPool pool(
      [&]() -> Slot {
        ++calls;
        calls.notify_all();
        if (calls == 1) throw std::bad_alloc();
        return Slot{};
      },
      [](Slot) {});
  pool.warm_up();
  wait_until(calls, 1);
  pool.acquire();
  wait_until(calls, 4);  // one for us, two to keep
}

// Counts what the pool holds ready.
struct Stock {
  std::atomic<int> ready{0};
  std::atomic<int> destroyed{0};
  SlotPool pool{[this] {
                  ++ready;
                  return Slot{};
                },
                [this](Slot slot) {
                  if (!slot.address) --ready;  // surplus; those that a test gives back have one
                  ++destroyed;
                  destroyed.notify_all();
                },
                std::chrono::milliseconds(20)};

  void take() {
    pool.acquire();
    --ready;
  }
  void give_back() {
    const int before = destroyed;
    pool.discard(Slot{.netns = {}, .address = Ipv4{}});
    wait_until(destroyed, before + 1);
  }
};

TEST(SlotPool, ShrinksAfterABurstAlsoWhileContainersComeAndGo) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  Stock stock;
  while (stock.ready <= 8 && Clock::now() < deadline) {
    for (int i = 0; i < 20; ++i) stock.take();
    stock.give_back();
    const auto refilled = Clock::now() + std::chrono::milliseconds(10);
    while (stock.ready <= 8 && Clock::now() < refilled) std::this_thread::yield();
  }
  EXPECT_GT(stock.ready, 8) << "grown";
  while (stock.ready > 2 && Clock::now() < deadline) {
    stock.take();
    stock.give_back();
  }
  EXPECT_LE(stock.ready, 2);
}

}  // namespace
}  // namespace minibox::network
