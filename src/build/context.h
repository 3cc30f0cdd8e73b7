// The build context: the directory that COPY takes files from. Everything goes through one descriptor opened at the
// beginning; no source can lie outside it. Any thread may use one object.
#pragma once

#include <string>
#include <vector>

#include "build/ignore_rules.h"
#include "build/stat_cache.h"
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
  // ignored, by the path as written or without symlinks. The context must outlive the source.
  TreeSource source(const std::string& path) const;

  // A regular file, for reading; symlinks within the context are followed. Errors as of source(), but the ignore rules
  // are not asked: they are about what is copied.
  sys::Fd open_file(const std::string& path) const;
  bool has_file(const std::string& path) const;  // false too for what open_file() refuses

  // What earlier builds of this context have left in `directory` (stat_cache.h).
  StatCache load_stat_cache(const std::string& directory) const { return StatCache::load(directory, root_); }

  // The sources that a source with '*' or '?' stands for, in byte order; itself when it has none. What is ignored is
  // not among them, nothing at all is kNotFound. A wildcard stops at '/' and matches a leading '.' too.
  std::vector<std::string> expand(const std::string& pattern) const;

 private:
  Context(sys::Fd root, IgnoreRules ignore) : root_(std::move(root)), ignore_(std::move(ignore)) {}

  std::vector<std::string> matches_below(const std::vector<std::string>& directories, const std::string& part) const;
  void refuse_ignored(const std::string& path, bool is_directory, const std::string& written) const;

  sys::Fd root_;
  IgnoreRules ignore_;
};

// "/srv/a" is under "/srv" and "/", not under "/sr". Pure; both absolute and normalised.
bool is_under_prefix(const std::string& path, const std::string& prefix);

}  // namespace minibox::build
