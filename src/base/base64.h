// Base64 with padding (RFC 4648, section 4): bytes in JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace minibox {

std::string encode_base64(std::string_view bytes);
std::optional<std::string> decode_base64(std::string_view text);  // empty unless all of it is base64

}  // namespace minibox
