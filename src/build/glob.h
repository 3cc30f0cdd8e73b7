// '*' and '?' in a name or path; both stop at '/'. Nothing else is special. Pure.
#pragma once

#include <string_view>

namespace minibox::build {

bool has_wildcard(std::string_view text);
// Costs at most pattern times text, whatever the pattern.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace minibox::build
