// Text of a MiniBox file -> Document. Pure; throws kInvalid with "<file>:<line>: ..." (kUnsupported for what comes with
// a later version: the linear format, AUTO-DEPS, BASE inside a block).
//
// Top level: BASE, BLOCK, START, HEALTHCHECK. BASE, START and HEALTHCHECK end the current block; the last BASE and the
// last START win. In a block, indented: NEED, BNEED, RUN, COPY, WORKDIR, ENV, USER, PORT, VOLUME, PKG. Keywords may be
// in any case; an unknown one is an error.
#pragma once

#include <string>
#include <string_view>

#include "build/document.h"

namespace minibox::build {

inline constexpr size_t kMaxBlocks = 1000;
inline constexpr size_t kMaxInstructions = 10000;
inline constexpr size_t kMaxEnvCount = 1000;
inline constexpr size_t kMaxEnvSize = 128u << 10;

Document parse_document(std::string_view text, const std::string& file = "MiniBox");

}  // namespace minibox::build
