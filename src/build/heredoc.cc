#include "build/heredoc.h"

#include <algorithm>

namespace minibox::build {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_part(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// A marker whose "<<" stands at `at`; its word is empty when there is none.
HeredocMarker marker_at(std::string_view line, size_t at) {
  HeredocMarker marker{at, at + 2, {}};
  while (marker.begin > 0 && is_digit(line[marker.begin - 1])) --marker.begin;
  if (marker.begin > 0 && !is_blank(line[marker.begin - 1])) return marker;
  if (marker.end < line.size() && line[marker.end] == '-') ++marker.end;
  const char quote = marker.end < line.size() ? line[marker.end] : '\0';
  const bool quoted = quote == '\'' || quote == '"';
  if (quoted) ++marker.end;
  const size_t begin = marker.end;
  while (marker.end < line.size() && is_name_part(line[marker.end])) ++marker.end;
  const std::string_view word = line.substr(begin, marker.end - begin);
  if (word.empty() || is_digit(word.front())) return marker;
  if (quoted && (marker.end == line.size() || line[marker.end++] != quote)) return marker;
  marker.word = word;
  return marker;
}

// Behind what a quote or backslash at `at` covers.
size_t behind_quoted(std::string_view line, size_t at) {
  if (line[at] == '\\') return at + 2;
  const char quote = line[at];
  for (size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == quote) return i + 1;
    if (quote == '"' && line[i] == '\\') ++i;
  }
  return line.size();
}

}  // namespace

std::vector<HeredocMarker> heredoc_markers(std::string_view line) {
  std::vector<HeredocMarker> markers;
  for (size_t i = 0; i < line.size();) {
    const char c = line[i];
    if (c == '\\' || c == '\'' || c == '"') {
      i = behind_quoted(line, i);
    } else if (line.substr(i).starts_with("<<<")) {
      i += 3;
    } else if (line.substr(i).starts_with("<<")) {
      HeredocMarker marker = marker_at(line, i);
      i = marker.end;
      if (!marker.word.empty()) markers.push_back(std::move(marker));
    } else {
      ++i;
    }
  }
  return markers;
}

std::string_view without_indent(std::string_view line, std::string_view indent) {
  const size_t blanks = std::min({line.find_first_not_of(" \t"), indent.size(), line.size()});
  return line.substr(blanks == kNone ? line.size() : blanks);
}

}  // namespace minibox::build
