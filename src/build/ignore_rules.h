// .miniboxignore: what of the build context neither is copied nor enters a cache key. Pure.
//
// One pattern a line; '#' begins a comment. A pattern without '/' matches a base name anywhere, one with '/' the path
// from the context's root; '*' and '?' stop at '/', a leading "**/" before a name and a trailing '/' are dropped. What
// lies below a match is ignored with it. '!' takes a match back (not below an ignored directory); the last matching
// line wins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minibox::build {

class IgnoreRules {
 public:
  IgnoreRules() = default;
  static IgnoreRules parse(std::string_view text);

  bool ignores(std::string_view path) const;  // `path` relative to the context, without leading "/" or "./"
  // Also true when a directory on the way to `path` is ignored.
  bool ignores_with_parents(std::string_view path) const;

 private:
  struct Rule {
    std::string pattern;
    bool whole_path = false;
    bool negated = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace minibox::build
