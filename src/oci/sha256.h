// Running SHA-256 (OpenSSL EVP, which uses the processor's SHA instructions).
#pragma once

#include <memory>
#include <string_view>

#include "oci/digest.h"

namespace minibox::oci {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  ~Sha256();
  void update(std::string_view bytes);
  Digest finish();  // once

  static Digest of(std::string_view bytes);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace minibox::oci
