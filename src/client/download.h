// The body of an answer, taken piece by piece. Owns its connection. Single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/connection.h"
#include "client/http_reader.h"

namespace minibox::client {

class Download {
 public:
  explicit Download(Connection connection);  // the request has been sent; Error: what the daemon answered
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

  // 0 at the end. Error kUnavailable when the daemon broke it off.
  size_t read(char* buffer, size_t size);
  // At the end: what the daemon left out of an archive, for it is no file.
  std::uint64_t left_out() const { return left_out_; }

 private:
  size_t read_sized(char* buffer, size_t size);

  Connection connection_;
  HttpReader reader_;
  std::optional<std::uint64_t> left_;  // of a body whose size was told; absent: it comes in chunks
  std::string chunk_;
  size_t position_ = 0;
  bool ended_ = false;
  std::uint64_t left_out_ = 0;
  void read_status();
};

}  // namespace minibox::client
