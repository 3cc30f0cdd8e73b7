// Log lines that anybody can provoke: a few in each window of time, then only their number. Single-threaded.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace minibox::api {

class LogThrottle {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kLines = 10;
  static constexpr std::chrono::seconds kWindow{10};

  explicit LogThrottle(std::function<void(const std::string& line)> log) : log_(std::move(log)) {}

  void write(const std::string& line, Clock::time_point now = Clock::now()) {
    if (written_ == 0 || now - begin_ >= kWindow) begin_window(now);
    if (written_ < kLines) {
      ++written_;
      log_(line);
    } else {
      ++left_out_;
    }
  }

 private:
  void begin_window(Clock::time_point now) {
    begin_ = now;
    written_ = 0;
    if (left_out_ > 0)
      log_("left out " + std::to_string(std::exchange(left_out_, 0)) + " more lines like those before");
  }

  std::function<void(const std::string& line)> log_;
  Clock::time_point begin_;
  size_t written_ = 0;
  size_t left_out_ = 0;
};

}  // namespace minibox::api
