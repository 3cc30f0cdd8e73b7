// What is wrong with a JSON text, in our words and with its place. Pure.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace minibox {

// `error` is what the JSON library threw for `text`: "line 3, column 5: a name in double quotes is expected, not '}'".
// Of what has no place, its own words without the library's mark.
std::string describe_json_error(std::string_view text, const std::exception& error);

}  // namespace minibox
