// Requests of the kernel and our answers, as bytes of /dev/fuse (fuse(4)).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "lazy/fuse_protocol.h"
#include "sys/fd.h"

namespace minibox::lazy {

inline constexpr std::uint32_t kMaxRead = 1u << 20;  // of a file, by one request

// Requests of a read-only file system are small: names, and lists of forgotten nodes. The kernel wants 8 KiB at least.
using FuseBuffer = std::array<char, 16 * 1024>;

struct FuseRequest {
  fuse_in_header header{};
  std::string_view body;  // in the buffer

  // Zeroes beyond what has come.
  template <typename Value>
  Value read() const {
    Value value{};
    std::memcpy(&value, body.data(), std::min(sizeof value, body.size()));
    return value;
  }
  std::string_view name(size_t offset = 0) const;  // a string that ends with a null byte
};

// The file system of a device is mounted nowhere any more.
class Unmounted : public Error {
 public:
  Unmounted() : Error(ErrorKind::kNotFound, "unmounted") {}
};

// Nothing: there is none just now (non-blocking), or the kernel has taken it back. Throws Unmounted.
std::optional<FuseRequest> read_request(const sys::Fd& device, FuseBuffer& buffer);

// What the kernel doesn't wait for any more is nobody's failure.
void reply(const sys::Fd& device, std::uint64_t unique, const void* bytes, size_t size);
void reply_error(const sys::Fd& device, std::uint64_t unique, int errno_value);

}  // namespace minibox::lazy
