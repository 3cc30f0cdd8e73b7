// Text as a value in a request target (RFC 3986): everything but unreserved characters is escaped.
#pragma once

#include <string>
#include <string_view>

namespace minibox::client {

std::string percent_encoded(std::string_view text);

}  // namespace minibox::client
