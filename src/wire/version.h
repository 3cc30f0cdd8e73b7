// The version of MiniBox, which both sides print and GET /version answers with.
#pragma once

#include <string_view>

namespace minibox::wire {

std::string_view version();  // "0.1.0"

}  // namespace minibox::wire
