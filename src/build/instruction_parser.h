// One indented line -> an instruction of its block. Part of parser.h, which knows where the line may stand. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "build/document.h"
#include "build/lexer.h"

namespace minibox::build {

bool is_secret_name(std::string_view name);

bool is_block_keyword(std::string_view keyword);
std::vector<std::string> block_keywords();

// `line.keyword` must be one of block_keywords(). Throws with "<file>:<line>: ...", which warnings begin with as well.
void parse_instruction(const Line& line, const std::string& file, Block& block, std::vector<std::string>& warnings);

}  // namespace minibox::build
