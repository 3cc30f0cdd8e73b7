// Things made ahead of need: acquire() takes one in microseconds or, when none is ready, makes one itself. A thread
// keeps up to `size` of them ready. It makes the next ones when top_up() says that nobody is waiting for the processor,
// or when half are gone: making one while a start is under way would slow down what it is for. Nothing
// is made before the first acquire() or top_up(). Any thread may call.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"

namespace minibox {

template <typename Thing>
class ReadyPool {
 public:
  // `make` is called by any thread, also by several at once; `discard` for what nobody took, in the destructor.
  ReadyPool(size_t size, std::function<Thing()> make, std::function<void(Thing)> discard)
      : size_(size),
        make_(std::move(make)),
        discard_(std::move(discard)),
        thread_([this](std::stop_token stop) { refill(std::move(stop)); }) {}

  ~ReadyPool() {
    thread_.request_stop();
    thread_.join();
    for (Thing& thing : ready_) discard_(std::move(thing));
  }

  Thing acquire() {
    {
      const std::lock_guard lock(mutex_);
      failed_ = false;
      const size_t left = ready_.empty() ? 0 : ready_.size() - 1;
      if (left <= size_ / 2) want_more();
      if (!ready_.empty()) {
        Thing thing = std::move(ready_.front());
        ready_.pop_front();
        return thing;
      }
    }
    return make_();
  }

  void top_up() {
    const std::lock_guard lock(mutex_);
    want_more();
  }

 private:
  void want_more() {
    wanted_ = true;
    wake_.notify_one();
  }

  void refill(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, stop, [&] { return wanted_ && !failed_; })) {
      if (ready_.size() >= size_) {
        wanted_ = false;
        continue;
      }
      lock.unlock();
      std::optional<Thing> thing;
      try {
        thing = make_();
      } catch (const Error&) {  // worker-thread entry: the next acquire() meets the same failure and reports it
      }
      lock.lock();
      failed_ = !thing;
      if (thing) ready_.push_back(std::move(*thing));
    }
  }

  const size_t size_;
  const std::function<Thing()> make_;
  const std::function<void(Thing)> discard_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Thing> ready_;
  bool wanted_ = false;
  bool failed_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace minibox
