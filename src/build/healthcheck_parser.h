// The commands of the image: START and HEALTHCHECK. Pure. Errors are kInvalid, without the line's position.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "build/document.h"
#include "build/lexer.h"

namespace minibox::build {

// Words or a JSON array, `text` being (a part of) the line's rest. Throws for none.
std::vector<std::string> command_words(const Line& line, std::string_view text);

// HEALTHCHECK [options] words, or as Docker has it: HEALTHCHECK [options] CMD line, where the line is for the shell or
// a JSON array. HEALTHCHECK NONE is the one word.
Healthcheck parse_healthcheck(const Line& line);

}  // namespace minibox::build
