#include "build/glob.h"

#include <cstddef>

#include "build/wildcard.h"

namespace minibox::build {

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

bool matches_glob(std::string_view pattern, std::string_view text) {
  const auto is_star = [&](size_t p) { return pattern[p] == '*'; };
  const auto match = [&](size_t p, size_t t) -> size_t {
    return pattern[p] == text[t] || (pattern[p] == '?' && text[t] != '/') ? 1 : 0;
  };
  const auto may_swallow = [&](size_t t) { return text[t] != '/'; };
  const auto end = match_wildcards({pattern.size(), text.size()}, is_star, match, may_swallow);
  return end && pattern.find_first_not_of('*', *end) == std::string_view::npos;
}

}  // namespace minibox::build
