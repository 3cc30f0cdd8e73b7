// Bytes from one thread to another, a bounded number of them under way.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

namespace minibox::store {

class ChunkQueue {
 public:
  // The writer's side. Waits for room; what comes after give_up() is dropped, and the answer is false.
  bool push(std::string chunk) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return bytes_ < kMaxBytes || given_up_; });
    if (given_up_) return false;
    if (chunk.empty()) return true;
    bytes_ += chunk.size();
    chunks_.push_back(std::move(chunk));
    changed_.notify_all();
    return true;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  // The reader's side: empty at the end.
  std::string pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !chunks_.empty() || closed_; });
    if (chunks_.empty()) return {};
    std::string chunk = std::move(chunks_.front());
    chunks_.pop_front();
    bytes_ -= chunk.size();
    changed_.notify_all();
    return chunk;
  }
  void give_up() {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    changed_.notify_all();
  }

 private:
  static constexpr size_t kMaxBytes = 4u << 20;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> chunks_;
  size_t bytes_ = 0;
  bool closed_ = false;
  bool given_up_ = false;
};

}  // namespace minibox::store
