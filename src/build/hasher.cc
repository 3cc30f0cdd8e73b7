#include "build/hasher.h"

#include <array>

namespace minibox::build {
namespace {

std::array<char, 8> little_endian(std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(number >> (8 * i));
  return bytes;
}

}  // namespace

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

}  // namespace minibox::build
