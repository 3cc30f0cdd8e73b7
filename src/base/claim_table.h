// Who is at work on what just now, so that several who want the same thing make it once: the first claims it, the
// others wait, look again, and find it there, or, when the first has failed, make it themselves. Any thread may call.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>

#include "base/error.h"

namespace minibox {

template <typename Key>
class ClaimTable {
 public:
  class Claim {
   public:
    Claim(ClaimTable& table, const Key& key) : table_(table), key_(key) {}
    ~Claim() { table_.release(key_); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    ClaimTable& table_;
    Key key_;
  };

  // Waits while somebody else has it. kCancelled soon after `stop` is requested.
  Claim claim(const Key& key, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!released_.wait(lock, stop, [&] { return !claimed_.contains(key); })) {
      throw Error(ErrorKind::kCancelled, "cancelled");
    }
    claimed_.insert(key);
    return {*this, key};
  }

 private:
  void release(const Key& key) {
    {
      const std::lock_guard lock(mutex_);
      claimed_.erase(key);
    }
    released_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any released_;
  std::set<Key> claimed_;
};

}  // namespace minibox
