// What a build is asked to do differently from what its file says. Pure.
#pragma once

#include <map>
#include <string>

#include "build/document.h"

namespace minibox::build {

// Gives each ARG its value where the request has one. kInvalid for a value that no ARG takes.
void set_build_args(Document& document, const std::map<std::string, std::string>& values);

void require_build_args(const Document& document);  // kInvalid for an ARG without a value

// Leaves the block and what it needs, in any way; it makes the image. kInvalid when there is no such block.
void select_target(Document& document, const std::string& block);

}  // namespace minibox::build
