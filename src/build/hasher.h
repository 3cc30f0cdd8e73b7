// SHA-256 over a sequence of fields. Each field goes in with its length, so that ("ab", "c") and ("a", "bc") differ.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oci/sha256.h"

namespace minibox::build {

class Hasher {
 public:
  Hasher& field(std::string_view bytes);
  Hasher& field(std::uint64_t number);
  Hasher& field(const oci::Sha256::Sum& sum) { return field(std::string_view(sum.data(), sum.size())); }
  void raw(std::string_view bytes) { hash_.update(bytes); }  // no length: for the pieces of one file
  // End the hash; afterwards a new one begins.
  oci::Sha256::Sum sum() { return hash_.finish_sum(); }
  std::string hex() { return oci::to_hex(sum()); }  // 64 lower-case hex digits

 private:
  oci::Sha256 hash_;
};

}  // namespace minibox::build
