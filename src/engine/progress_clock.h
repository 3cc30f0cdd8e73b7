// When a transfer is worth another line: once a second, beginning after the first. Any thread may call.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "oci/descriptor.h"

namespace minibox::engine {

class ProgressClock {
 public:
  bool is_due(const oci::Digest& blob);
  static std::string print(std::uint64_t bytes, const oci::Descriptor& blob);  // "12 of 80 MiB"
  // "i/n (0123456789ab)"
  static std::string print_layer(const oci::Descriptor& blob, size_t number, size_t count);

 private:
  std::mutex mutex_;
  std::map<oci::Digest, std::int64_t> last_us_;
};

}  // namespace minibox::engine
