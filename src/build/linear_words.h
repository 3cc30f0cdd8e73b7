// The words of the linear format, said with those of blocks. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "build/lexer.h"

namespace minibox::build {

bool is_linear_base(std::string_view keyword);  // FROM, BOX, START-WITH: the file has the linear format

// The line with a keyword of the block format: LAUNCH becomes START, GRAB-ALL becomes COPY . /app, and so on. What is
// not in the table stays as it is.
Line in_block_words(const Line& line);

std::vector<std::string> linear_words();  // all that may begin a line, for guesses

}  // namespace minibox::build
