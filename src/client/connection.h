// One blocking stream socket to the daemon; move-only owner. Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "client/endpoint.h"

namespace minibox::client {

class Connection {
 public:
  static Connection open(const Endpoint& endpoint);  // Error kUnavailable with the remedy when nobody answers

  Connection(Connection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), endpoint_(std::move(other.endpoint_)), deadline_us_(other.deadline_us_) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  void write_all(std::string_view bytes);       // Error kUnavailable when the daemon closed
  size_t read_some(char* buffer, size_t size);  // 0 at the end; waits until the deadline: Error kTimeout
  void set_deadline(std::int64_t monotonic_us) { deadline_us_ = monotonic_us; }  // 0: none

  int fd() const { return fd_; }  // for poll(2)
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  Connection(int fd, Endpoint endpoint) : fd_(fd), endpoint_(std::move(endpoint)) {}
  void wait_readable();

  int fd_;
  Endpoint endpoint_;
  std::int64_t deadline_us_ = 0;
};

}  // namespace minibox::client
