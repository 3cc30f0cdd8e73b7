// The one loop of all wildcard matching: elements of a pattern against elements of a text, where some elements of the
// pattern are stars, which stand for any number of the text's. Pure.
#pragma once

#include <cstddef>
#include <optional>

namespace minibox::build {

struct WildcardSizes {
  size_t pattern = 0;
  size_t text = 0;
};

// Goes back to the last star only: a hostile pattern costs at most its length times the text's.
//   is_star(p)        whether element p of the pattern is one
//   match(p, t)       how many elements of the pattern stand for element t of the text; 0: it does not match
//   may_swallow(t)    whether a star may stand for element t
// What follows the text's end is the caller's to judge: the answer is where the pattern stands then, empty when they
// don't match.
template <typename IsStar, typename Match, typename MaySwallow>
std::optional<size_t> match_wildcards(WildcardSizes sizes, IsStar is_star, Match match, MaySwallow may_swallow) {
  struct Star {
    size_t behind;  // in the pattern
    size_t text;    // up to where it stands for the text
  };
  std::optional<Star> star;
  size_t p = 0, t = 0;
  while (t < sizes.text) {
    if (p < sizes.pattern && is_star(p)) {
      star = {++p, t};
    } else if (const size_t used = p < sizes.pattern ? match(p, t) : 0; used > 0) {
      p += used;
      ++t;
    } else if (star && may_swallow(star->text)) {
      p = star->behind;
      t = ++star->text;
    } else {
      return std::nullopt;
    }
  }
  return p;
}

}  // namespace minibox::build
