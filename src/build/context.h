// The build context: the directory that COPY takes files from. Everything goes through one descriptor opened at the
// beginning; no source can lie outside it. Any thread may use one object.
#pragma once

#include <string>
#include <vector>

#include "build/ignore_rules.h"
#include "build/tree_source.h"
#include "sys/fd.h"

namespace minibox::build {

class Context {
 public:
  // `path` must be an absolute directory under one of `allowed_prefixes`, symlinks resolved on both sides; the check is
  // made on the opened descriptor, so nothing can be swapped after it. Otherwise kInvalid, "invalid build context:
  // ...". Reads .miniboxignore.
  static Context open(const std::string& path, const std::vector<std::string>& allowed_prefixes);

  // A COPY source. kInvalid: absolute, with "..", or through a symlink that leads outside; kNotFound: missing or
  // ignored. The context must outlive the source.
  TreeSource source(const std::string& path) const;

  // digest_tree() of that source.
  std::string digest(const std::string& path) const;

 private:
  Context(sys::Fd root, IgnoreRules ignore) : root_(std::move(root)), ignore_(std::move(ignore)) {}

  sys::Fd root_;
  IgnoreRules ignore_;
};

// "/srv/a" is under "/srv" and "/", not under "/sr". Pure; both absolute and normalised.
bool is_under_prefix(const std::string& path, const std::string& prefix);

// The value of MINIBOX_BUILD_PREFIXES: a comma list, items trimmed; an empty list is the default list.
std::vector<std::string> parse_build_prefixes(const std::string& text);

}  // namespace minibox::build
