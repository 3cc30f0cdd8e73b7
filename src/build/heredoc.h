// Here-documents: text that stands in the lines below an instruction, up to a line with nothing but the end word.
//
//     RUN <<EOF            the lines are the script
//     RUN cat <<EOF >/x    the shell gets the line and what belongs to it
//     COPY <<EOF /x        the lines are the file
//
// The end word may be indented; that much indentation is taken off each line of the text. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minibox::build {

struct Heredoc {
  std::string word;  // without quotes
  std::string text;  // every line ends in a line feed
  bool operator==(const Heredoc&) const = default;
};

struct HeredocMarker {
  size_t begin = 0;  // in the line, with a descriptor's digits
  size_t end = 0;
  std::string word;
};

// The markers of a line, outside quotes: "<<", perhaps "-", and a name, quoted or not. Not "<<<", nor a shift as in
// $((1 << 2)).
std::vector<HeredocMarker> heredoc_markers(std::string_view line);

// Takes at most as many leading blanks off a line as `indent` has.
std::string_view without_indent(std::string_view line, std::string_view indent);

}  // namespace minibox::build
