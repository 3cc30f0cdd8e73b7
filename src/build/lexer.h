// Cuts the text of a MiniBox file into logical lines. Pure.
//
// A line that begins with a blank is indented: an instruction of the current block. Blank lines and lines whose first
// character is '#' are dropped, inside a continuation too. A '\' at the end (an odd number of them) joins the next
// line. The rest of a line is kept raw: quotes and runs of blanks reach the instruction. Below RUN and COPY stand the
// texts of their here-documents (heredoc.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "build/heredoc.h"

namespace minibox::build {

struct Line {
  int number = 0;  // of its first physical line, from 1
  bool indented = false;
  std::string word;               // first word as written
  std::string keyword;            // the same in upper case
  std::string rest;               // what follows, trimmed
  std::vector<Heredoc> heredocs;  // one for each marker in `rest`, in order
};

// Bounds on what a client can make the daemon parse.
inline constexpr size_t kMaxFileSize = 1u << 20;
inline constexpr size_t kMaxLineSize = 64u << 10;
inline constexpr size_t kMaxLines = 20000;

// Throws kInvalid with "<file>:<line>: ..." for NUL bytes, text that is not UTF-8, a continuation at the end, and
// kInvalid for anything beyond the bounds.
std::vector<Line> lex(std::string_view text, const std::string& file);

}  // namespace minibox::build
