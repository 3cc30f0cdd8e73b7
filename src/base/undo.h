// A stack of reversals for creation in several steps: each step pushes its reverse; commit() once something else owns
// the result. Destroying an uncommitted Undo runs the reversals, last first. Single-threaded.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace minibox {

class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  Undo(Undo&&) = default;
  Undo& operator=(Undo&&) = delete;
  ~Undo() { roll_back(); }

  void push(std::function<void()> reverse) { reversals_.push_back(std::move(reverse)); }
  void commit() { reversals_.clear(); }

  // Runs the reversals now; returns what went wrong, one text a failure.
  std::vector<std::string> roll_back() noexcept {
    std::vector<std::string> failures;
    while (!reversals_.empty()) {
      auto reverse = std::move(reversals_.back());
      reversals_.pop_back();
      try {
        reverse();
      } catch (...) {
        failures.push_back(current_exception_text());
      }
    }
    return failures;
  }

  // Rolls back and rethrows `error` with the failures of the undoing attached.
  [[noreturn]] void fail(Error error) {
    for (const std::string& failure : roll_back()) error.attach_undo_failure(failure);
    throw error;
  }

 private:
  std::vector<std::function<void()>> reversals_;
};

}  // namespace minibox
