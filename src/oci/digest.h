// A content digest, "sha256:<64 lower-case hex digits>" (OCI image spec, descriptor.md, "Digests"). Plain value.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace minibox::oci {

class Digest {
 public:
  Digest() = default;  // empty: names nothing

  static Digest parse(std::string_view text);    // kInvalid, kUnsupported for another algorithm
  static Digest from_hex(std::string_view hex);  // kInvalid
  static bool is_hex(std::string_view text);     // 64 digits of 0-9a-f

  const std::string& hex() const { return hex_; }
  std::string text() const { return "sha256:" + hex_; }
  std::string short_hex() const { return hex_.substr(0, 12); }  // for people
  bool empty() const { return hex_.empty(); }

  auto operator<=>(const Digest&) const = default;

 private:
  std::string hex_;
};

}  // namespace minibox::oci
