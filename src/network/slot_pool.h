// Ready-made network slots of one kind. Making one takes some hundred microseconds and, when the kernel is busy
// destroying others, many milliseconds; a container start takes a ready one instead. A thread of the pool makes the
// next ones and destroys what is given back.
//
// The pool keeps 2 slots, doubles up to 16 with each start that finds it empty, and halves again, down to 2, after each
// minute in which it was never less than half full. What was given back is destroyed as fast as the kernel can: so
// beside the running containers there are no more than 16 slots of a kind when a burst is over, and 2 within five
// minutes.
// The thread begins with the first acquire() or warm_up(). Any thread may call; it acts on the network namespace of the
// thread that made that first call.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "network/slot.h"

namespace minibox::network {

class SlotPool {
 public:
  using Make = std::function<Slot()>;         // called by any thread, also by several at once; may throw anything
  using Destroy = std::function<void(Slot)>;  // must not throw

  SlotPool(Make make, Destroy destroy, std::chrono::milliseconds look_after = std::chrono::minutes(1));
  ~SlotPool() { stop(); }

  Slot acquire();           // a ready one, or one made on the calling thread
  void discard(Slot slot);  // destroyed by the pool's thread
  void warm_up();           // returns at once; the thread fills the pool
  void top_up();            // the same for a pool that is in use: nobody waits for the processor now
  void stop();              // destroys the ready ones; acquire() and warm_up() begin anew

 private:
  Slot make_inline(std::unique_lock<std::mutex>& lock);
  void start_locked();
  void work(const std::stop_token& stop);
  void shrink(std::vector<Slot>& surplus);
  bool wants_slot() const { return !refill_failed_ && inline_ == 0 && ready_.size() < target_; }

  const Make make_;
  const Destroy destroy_;
  const std::chrono::milliseconds look_after_;
  std::mutex mutex_;
  std::condition_variable_any wake_;  // of the thread: something to do
  std::condition_variable paused_;    // of acquire(): the thread has finished what it was at
  std::vector<Slot> ready_;
  std::vector<Slot> discarded_;
  size_t target_ = 2;
  // Never both: the thread waits for the callers, or the last free address could be in its hands when one asks.
  size_t inline_ = 0;           // callers that make one themselves
  bool working_ = false;        // the thread makes or destroys slots
  size_t lowest_ = 0;           // number of ready ones since the last look at the size
  bool refill_failed_ = false;  // until the next acquire(), which meets the same failure and reports it
  std::jthread thread_;
};

}  // namespace minibox::network
