// Colours the leading [tag] of each line of a build's log, whatever pieces the log arrives in.
#pragma once

#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace minibox::cli {

class BuildLogPainter {
 public:
  explicit BuildLogPainter(const Style& style) : style_(style) {}

  std::string paint(std::string_view bytes);  // the lines completed by `bytes`
  std::string rest();                         // an unterminated last line

 private:
  std::string paint_line(std::string_view line) const;

  Style style_;
  std::string unfinished_;
};

}  // namespace minibox::cli
