// Text of a MiniBox file -> Document. Pure; throws kInvalid with "<file>:<line>: ...".
//
// Two formats, told by the first word. BASE: blocks. Top level: BASE, BLOCK, START, HEALTHCHECK, of which all but BLOCK
// end the current block; the last BASE and the last START win. In a block, indented: NEED, BNEED, BASE, RUN, COPY,
// WORKDIR, ENV, ARG, USER, PORT, VOLUME, PKG, AUTO-DEPS, SECRET, CACHE. Keywords may be in any case.
//
// FROM, BOX or START-WITH: one instruction after the other, with the words of linear_words.h; it becomes a chain of
// blocks "step-<n>".
#pragma once

#include <string>
#include <string_view>

#include "build/document.h"

namespace minibox::build {

inline constexpr size_t kMaxBlocks = 1000;
inline constexpr size_t kMaxInstructions = 10000;
inline constexpr size_t kMaxEnvCount = 1000;
inline constexpr size_t kMaxEnvSize = 128u << 10;

struct ParseOptions {
  std::string file = "MiniBox";  // for messages
  bool lenient = false;          // lines with an unknown word become warnings of the document instead of errors
};

Document parse_document(std::string_view text, const ParseOptions& options);
Document parse_document(std::string_view text, const std::string& file = "MiniBox");

}  // namespace minibox::build
