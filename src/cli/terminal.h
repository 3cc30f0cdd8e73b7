// Output of the CLI: prefixes, colours, and text of others made safe for a terminal.
#pragma once

#include <string>
#include <string_view>

#include "client/endpoint.h"

namespace minibox::cli {

// Colours are off when NO_COLOR or MINIBOX_PLAIN is set to anything, or when the stream is no terminal.
struct Style {
  bool colour = false;

  std::string bold(std::string_view text) const;
  std::string green(std::string_view text) const;
  std::string red(std::string_view text) const;
  std::string cyan(std::string_view text) const;
  std::string bold_cyan(std::string_view text) const;
  std::string bold_red(std::string_view text) const;
};
Style style_of(int stream, const client::Environment& environment);

std::string ok_line(const Style& style, std::string_view text);    // "OK  text\n"
std::string info_line(const Style& style, std::string_view text);  // "..  text\n"

// Unbuffered; Error when the stream does not take it all.
void write_to(int stream, std::string_view bytes);
void write_out(std::string_view text);
void write_err(std::string_view text);

// Control characters become '?': names and commands come from images and must not move the cursor of whoever lists
// them.
std::string printable(std::string_view text);
size_t display_width(std::string_view text);  // code points of UTF-8
std::string cut_to_width(std::string_view text, size_t width);

}  // namespace minibox::cli
