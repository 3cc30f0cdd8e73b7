#include "oci/sha256.h"

#include <openssl/evp.h>

#include "base/error.h"

namespace minibox::oci {

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

namespace {

void check(bool good) {
  if (!good) throw Error(ErrorKind::kInternal, "sha256 is not available in the crypto library");
}

// Looked up once: with EVP_sha256() the library looks for an implementation at each start of a hash, under a lock.
const EVP_MD* sha256() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  check(algorithm != nullptr);
  return algorithm;
}

}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  check(context_->evp != nullptr && EVP_DigestInit_ex(context_->evp, sha256(), nullptr) == 1);
}

Sha256::Sha256(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  check(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

Sha256::Sum Sha256::finish_sum() {
  Sum sum{};
  unsigned size = 0;
  check(EVP_DigestFinal_ex(context_->evp, reinterpret_cast<unsigned char*>(sum.data()), &size) == 1);
  check(size == sum.size() && EVP_DigestInit_ex(context_->evp, nullptr, nullptr) == 1);
  return sum;
}

Digest Sha256::finish() {
  return Digest::from_hex(to_hex(finish_sum()));
}

Digest Sha256::of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string to_hex(const Sha256::Sum& sum) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * sum.size());
  for (const char byte : sum) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

}  // namespace minibox::oci
