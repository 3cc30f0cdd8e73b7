#include "network/slot_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/undo.h"

namespace minibox::network {
namespace {

constexpr size_t kSmallest = 2;
constexpr size_t kLargest = 16;

}  // namespace

SlotPool::SlotPool(Make make, Destroy destroy, std::chrono::milliseconds look_after)
    : make_(std::move(make)), destroy_(std::move(destroy)), look_after_(look_after) {
  ready_.reserve(kLargest);  // so that the thread never fails to put a slot there
}

Slot SlotPool::acquire() {
  std::unique_lock lock(mutex_);
  if (ready_.empty()) {
    lowest_ = 0;
    // The very first caller finds it empty too, which says nothing about its size.
    if (thread_.joinable()) target_ = std::min(target_ * 2, kLargest);
    paused_.wait(lock, [&] { return !working_; });
  }
  refill_failed_ = false;  // also what the thread has met in this moment: the caller meets it as well, or it is over
  if (ready_.empty()) return make_inline(lock);
  Slot slot = std::move(ready_.back());
  ready_.pop_back();
  lowest_ = std::min(lowest_, ready_.size());
  // Making the next one now would slow down the very start that this one is for: top_up() and discard() say when nobody
  // waits.
  if (ready_.size() < target_ / 2) start_locked();
  return slot;
}

Slot SlotPool::make_inline(std::unique_lock<std::mutex>& lock) {
  ++inline_;
  std::vector<Slot> old = std::exchange(discarded_, {});  // their addresses may be the only free ones
  lock.unlock();
  Undo undo;
  undo.push([&] {
    lock.lock();
    --inline_;
    start_locked();
  });
  for (Slot& slot : old) destroy_(std::move(slot));
  return make_();
}

void SlotPool::discard(Slot slot) {
  const std::scoped_lock lock(mutex_);
  discarded_.push_back(std::move(slot));
  start_locked();
}

void SlotPool::top_up() {
  const std::scoped_lock lock(mutex_);
  if (thread_.joinable()) wake_.notify_one();
}

void SlotPool::warm_up() {
  const std::scoped_lock lock(mutex_);
  refill_failed_ = false;
  start_locked();
}

void SlotPool::stop() {
  std::jthread thread;
  {
    const std::scoped_lock lock(mutex_);
    thread = std::move(thread_);
  }
  thread = {};  // asks it to stop and waits
  std::vector<Slot> slots;
  {
    const std::scoped_lock lock(mutex_);
    slots = std::exchange(ready_, {});
    std::move(discarded_.begin(), discarded_.end(), std::back_inserter(slots));
    discarded_.clear();
  }
  for (Slot& slot : slots) destroy_(std::move(slot));
}

void SlotPool::start_locked() {
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  wake_.notify_one();
}

void SlotPool::shrink(std::vector<Slot>& surplus) {
  if (lowest_ >= target_ / 2) target_ = std::max(target_ / 2, kSmallest);
  while (ready_.size() > target_) {
    surplus.push_back(std::move(ready_.back()));
    ready_.pop_back();
  }
  lowest_ = ready_.size();
}

void SlotPool::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  auto next_look = std::chrono::steady_clock::now() + look_after_;
  while (!stop.stop_requested()) {
    wake_.wait_until(lock, stop, next_look, [&] { return wants_slot() || !discarded_.empty(); });
    if (stop.stop_requested()) return;
    std::vector<Slot> old = std::exchange(discarded_, {});
    if (const auto now = std::chrono::steady_clock::now(); now >= next_look) {
      shrink(old);
      next_look = now + look_after_;
    }
    const bool make = wants_slot();
    working_ = make || !old.empty();
    lock.unlock();
    for (Slot& slot : old) destroy_(std::move(slot));
    std::optional<Slot> made;
    if (make) {
      try {
        made = make_();
      } catch (...) {  // thread entry: whatever it was, see refill_failed_
      }
    }
    lock.lock();
    working_ = false;
    if (made) ready_.push_back(std::move(*made));
    if (make && !made) refill_failed_ = true;
    paused_.notify_all();
  }
}

}  // namespace minibox::network
