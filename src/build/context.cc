#include "build/context.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::build {
namespace {

constexpr size_t kMaxIgnoreFile = 64u << 10;
constexpr const char* kIgnoreFile = ".miniboxignore";

Error invalid(const std::string& reason) {
  return Error(ErrorKind::kInvalid, "invalid build context: " + reason);
}

sys::Fd open_context_dir(const std::string& path) {
  if (path.empty()) throw invalid("empty path");
  if (!path.starts_with('/')) throw invalid("path " + quote(path) + " is not absolute");
  try {
    return sys::open_dir(path);
  } catch (Error& error) {
    if (error.errno_value() == ENOTDIR) throw invalid("build context must be a directory");
    throw error.add_context("invalid build context").with_kind(ErrorKind::kInvalid);
  }
}

// A prefix that does not exist allows nothing.
bool is_allowed(const std::string& real_path, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
    const std::optional<sys::Fd> dir = sys::try_open(prefix, O_PATH);
    return dir && is_under_prefix(real_path, sys::path_of(*dir));
  });
}

IgnoreRules load_ignore_rules(const sys::Fd& root) {
  const std::optional<struct stat> info = sys::try_stat_entry(root, kIgnoreFile);
  if (!info) return {};
  if (!S_ISREG(info->st_mode)) throw invalid(std::string(kIgnoreFile) + " is not a regular file");
  return IgnoreRules::parse(sys::read_all(sys::open_regular_entry(root, kIgnoreFile), kMaxIgnoreFile, kIgnoreFile));
}

void check_source_path(const std::string& path) {
  if (path.starts_with('/')) {
    throw Error(ErrorKind::kInvalid, "source " + quote(path) + " is not relative to the build context");
  }
  const std::vector<std::string> parts = split(path, '/');
  if (std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    throw Error(ErrorKind::kInvalid, "source " + quote(path) + " has '..', which could leave the build context");
  }
}

sys::Fd open_parent(const sys::Fd& root, const std::string& directory, const std::string& path) {
  try {
    return sys::open_strictly_beneath(root, directory, O_RDONLY | O_DIRECTORY);
  } catch (const Error& error) {
    if (error.errno_value() == EXDEV || error.errno_value() == ELOOP) {
      throw Error(ErrorKind::kInvalid, "source " + quote(path) + " leads outside the build context through a symlink");
    }
    if (error.errno_value() == ENOENT || error.errno_value() == ENOTDIR) {
      throw Error(ErrorKind::kNotFound, "source " + quote(path) + " is not in the build context");
    }
    throw;
  }
}

}  // namespace

Context Context::open(const std::string& path, const std::vector<std::string>& allowed_prefixes) {
  sys::Fd root = open_context_dir(path);
  if (!is_allowed(sys::path_of(root), allowed_prefixes)) {
    throw invalid("build context path is not under an allowed prefix")
        .with_hint("the daemon takes contexts under " + join(allowed_prefixes, ", ") + " (MINIBOX_BUILD_PREFIXES)");
  }
  IgnoreRules ignore = load_ignore_rules(root);
  return Context(std::move(root), std::move(ignore));
}

TreeSource Context::source(const std::string& path) const {
  check_source_path(path);
  TreeSource source;
  source.ignore = &ignore_;
  source.path = sys::relative_path(path);
  source.name = ".";
  if (source.path.empty()) {
    source.parent = root_.duplicate();
    return source;
  }
  if (ignore_.ignores_with_parents(source.path)) {
    throw Error(ErrorKind::kNotFound, "source " + quote(path) + " is excluded by .miniboxignore");
  }
  const size_t slash = source.path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : source.path.substr(0, slash);
  source.parent = open_parent(root_, directory, path);
  source.name = source.base_name();
  if (!sys::try_stat_entry(source.parent, source.name)) {
    throw Error(ErrorKind::kNotFound, "source " + quote(path) + " is not in the build context");
  }
  return source;
}

std::string Context::digest(const std::string& path) const {
  return digest_tree(source(path));
}

bool is_under_prefix(const std::string& path, const std::string& prefix) {
  if (prefix.empty() || !path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

std::vector<std::string> parse_build_prefixes(const std::string& text) {
  std::vector<std::string> prefixes;
  for (const std::string& item : split(text, ',')) {
    if (!trim(item).empty()) prefixes.emplace_back(trim(item));
  }
  if (!prefixes.empty()) return prefixes;
  return {"/home", "/tmp", "/var/lib/minibox", "/root", "/srv", "/opt", "/usr/local/src"};
}

}  // namespace minibox::build
