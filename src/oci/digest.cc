#include "oci/digest.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace minibox::oci {

bool Digest::is_hex(std::string_view text) {
  const auto is_hex_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 64 && std::all_of(text.begin(), text.end(), is_hex_digit);
}

Digest Digest::from_hex(std::string_view hex) {
  if (!is_hex(hex)) throw Error(ErrorKind::kInvalid, "invalid sha256 digest " + quote(hex));
  Digest digest;
  digest.hex_ = hex;
  return digest;
}

Digest Digest::parse(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (text.starts_with(kPrefix)) return from_hex(text.substr(kPrefix.size()));
  if (text.starts_with("sha512:")) {
    throw Error(ErrorKind::kUnsupported, "digest algorithm of " + quote(text) + " is not supported, only sha256 is");
  }
  throw Error(ErrorKind::kInvalid, "invalid digest " + quote(text) + ", expected 'sha256:' and 64 hex digits");
}

}  // namespace minibox::oci
