// Base64 (RFC 4648). Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace minibox {

std::string base64_encode(std::string_view bytes);     // alphabet of section 4, padded
std::string base64url_encode(std::string_view bytes);  // alphabet of section 5, padded: fit for an HTTP header

// Takes both alphabets, with or without padding; anything else is absence.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace minibox
