// .miniboxignore: what of the build context neither is copied nor enters a cache key. Patterns as in .gitignore. Pure.
//
// One pattern a line; '#' begins a comment; blanks at the end don't count unless a backslash is before them. A pattern
// with a '/' at its beginning or in its middle matches the path from the context's root, another one a name anywhere;
// with a '/' at its end it matches directories only. '*', '?' and [a-z] stop at '/'; "**/" at the beginning, "/**/" in
// the middle and "/**" at the end stand for any directories; a backslash takes the next character literally. What lies
// below a match is ignored with it. '!' takes a match back (not below an ignored directory); the last matching line
// wins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minibox::build {

class IgnoreRules {
 public:
  IgnoreRules() = default;
  static IgnoreRules parse(std::string_view text);

  // `path` relative to the context, without leading "/" or "./".
  bool ignores(std::string_view path, bool is_directory) const;
  // Also true when a directory on the way to `path` is ignored.
  bool ignores_with_parents(std::string_view path, bool is_directory) const;

 private:
  struct Rule {
    std::vector<std::string> parts;  // between the slashes; "**" is any number of directories
    bool negated = false;
    bool directories_only = false;
  };
  static bool matches(const Rule& rule, const std::vector<std::string_view>& path);

  std::vector<Rule> rules_;
};

}  // namespace minibox::build
