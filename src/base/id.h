// Container identifiers: 8 lower-case hex digits, ^[a-f0-9]{8}$.
#pragma once

#include <string>
#include <string_view>

namespace minibox {

std::string random_id();  // from getrandom(2); the caller checks for a collision
bool is_container_id(std::string_view text);

}  // namespace minibox
