// Running SHA-256 (OpenSSL EVP, which uses the processor's SHA instructions).
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "oci/digest.h"

namespace minibox::oci {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  ~Sha256();
  using Sum = std::array<char, 32>;  // the bytes of a digest

  void update(std::string_view bytes);
  Digest finish();   // once, either of both
  Sum finish_sum();  // and the object may be used anew

  static Digest of(std::string_view bytes);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string to_hex(const Sha256::Sum& sum);

}  // namespace minibox::oci
