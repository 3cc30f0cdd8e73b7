// Remedies for errnos whose text misleads. Looked up by the name of the call (the text before '(') and the errno.
#pragma once

#include <string>
#include <string_view>

namespace minibox {

// Empty when the errno says what it means. `call` is "name(arguments)".
std::string errno_hint(std::string_view call, int errno_value);

}  // namespace minibox
