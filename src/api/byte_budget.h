// Memory that the bodies of requests may take together. A Lease holds its part from before the body is read until its
// call has ended. Any thread; leases must not outlive their budget.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace minibox::api {

class ByteBudget {
 public:
  class Lease {
   public:
    Lease(ByteBudget& budget, size_t bytes) : budget_(&budget), bytes_(bytes) {}
    Lease(Lease&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Lease() {
      if (budget_ != nullptr) budget_->left_ += bytes_;
    }

   private:
    ByteBudget* budget_;
    size_t bytes_;
  };

  explicit ByteBudget(size_t bytes) : left_(bytes) {}

  std::optional<Lease> try_take(size_t bytes) {
    size_t left = left_;
    do {
      if (bytes > left) return std::nullopt;
    } while (!left_.compare_exchange_weak(left, left - bytes));
    return std::optional<Lease>(std::in_place, *this, bytes);
  }

 private:
  std::atomic<size_t> left_;
};

}  // namespace minibox::api
