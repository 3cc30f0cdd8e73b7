#include "build/hasher.h"

#include <openssl/evp.h>

#include <array>

#include "base/error.h"

namespace minibox::build {
namespace {

void check(int result, const char* call) {
  if (result != 1) throw Error(ErrorKind::kInternal, std::string(call) + ": OpenSSL refused");
}

std::array<char, 8> little_endian(std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(number >> (8 * i));
  return bytes;
}

}  // namespace

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {
  check(state_->context != nullptr ? 1 : 0, "EVP_MD_CTX_new()");
  check(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr), "EVP_DigestInit_ex()");
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::raw(std::string_view bytes) {
  check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()), "EVP_DigestUpdate()");
}

Hasher& Hasher::field(std::uint64_t number) {
  const std::array<char, 8> bytes = little_endian(number);
  raw({bytes.data(), bytes.size()});
  return *this;
}

Hasher& Hasher::field(std::string_view bytes) {
  field(static_cast<std::uint64_t>(bytes.size()));
  raw(bytes);
  return *this;
}

std::string Hasher::hex() {
  std::array<unsigned char, 32> digest{};
  check(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr), "EVP_DigestFinal_ex()");
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace minibox::build
