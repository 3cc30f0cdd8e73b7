#include "build/context.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "build/glob.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::build {
namespace {

constexpr size_t kMaxMatches = 10'000;  // of one source with wildcards
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

Error missing(const std::string& path) {
  return Error(ErrorKind::kNotFound, "source " + quote(path) + " is not in the build context");
}

bool leads_outside(const Error& error) {
  return error.errno_value() == EXDEV || error.errno_value() == ELOOP;
}

bool is_absent(const Error& error) {
  return error.errno_value() == ENOENT || error.errno_value() == ENOTDIR;
}

template <typename Open>
sys::Fd with_source_errors(const std::string& path, Open open) {
  try {
    return open();
  } catch (const Error& error) {
    if (leads_outside(error)) {
      throw Error(ErrorKind::kInvalid, "source " + quote(path) + " leads outside the build context through a symlink");
    }
    if (is_absent(error)) throw missing(path);
    throw;
  }
}

sys::Fd open_parent(const sys::Fd& root, const std::string& directory, const std::string& path) {
  return with_source_errors(path, [&] { return sys::open_strictly_beneath(root, directory, O_RDONLY | O_DIRECTORY); });
}

std::optional<sys::Fd> try_open_beneath(const sys::Fd& root, const std::string& path, int flags) {
  try {
    return sys::open_strictly_beneath(root, path, flags);
  } catch (const Error& error) {
    if (leads_outside(error) || is_absent(error)) return std::nullopt;
    throw;
  }
}

// Asked of the kernel, so no symlink is left in it.
std::string path_beneath(const sys::Fd& root, const sys::Fd& dir) {
  const std::string top = sys::path_of(root), path = sys::path_of(dir);
  if (!is_under_prefix(path, top)) throw Error(ErrorKind::kConflict, "the build context was moved while it was read");
  return sys::relative_path(path.substr(top.size()));
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
  const size_t slash = source.path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : source.path.substr(0, slash);
  source.name = source.base_name();
  source.parent = open_parent(root_, directory, path);
  const std::optional<struct stat> info = sys::try_stat_entry(source.parent, source.name);
  if (!info) throw missing(path);
  refuse_ignored(source.path, S_ISDIR(info->st_mode), path);
  // Through a symlink to a directory the entry has another path, and the rules are about that one too.
  const std::string real = path_beneath(root_, source.parent);
  source.path = real.empty() ? source.name : real + "/" + source.name;
  refuse_ignored(source.path, S_ISDIR(info->st_mode), path);
  return source;
}

sys::Fd Context::open_file(const std::string& path) const {
  check_source_path(path);
  sys::Fd file = with_source_errors(path, [&] {
    // A fifo must not be waited for.
    return sys::open_strictly_beneath(root_, sys::relative_path(path), O_RDONLY | O_NONBLOCK);
  });
  if (S_ISREG(sys::stat_of(file).st_mode)) return file;
  throw Error(ErrorKind::kInvalid, "source " + quote(path) + " is not a file");
}

bool Context::has_file(const std::string& path) const {
  const bool can_leave = path.starts_with('/') || path.find("..") != std::string::npos;
  return !can_leave && try_open_beneath(root_, sys::relative_path(path), O_PATH).has_value();
}

std::vector<std::string> Context::expand(const std::string& pattern) const {
  check_source_path(pattern);
  if (!has_wildcard(pattern)) return {pattern};
  std::vector<std::string> paths = {""};
  for (const std::string& part : split(sys::relative_path(pattern), '/')) paths = matches_below(paths, part);
  if (paths.empty())
    throw Error(ErrorKind::kNotFound, "source " + quote(pattern) + " matches nothing in the build context");
  return paths;
}

// Each of `directories` with the entries that `part` names; what is no directory, or leads outside, has none.
std::vector<std::string> Context::matches_below(const std::vector<std::string>& directories,
                                                const std::string& part) const {
  std::vector<std::string> matches;
  for (const std::string& directory : directories) {
    const std::optional<sys::Fd> dir = try_open_beneath(root_, directory, O_RDONLY | O_DIRECTORY);
    if (!dir) continue;
    const std::string real = path_beneath(root_, *dir);
    for (const std::string& name : has_wildcard(part) ? sys::list_entries(*dir) : std::vector<std::string>{part}) {
      const std::string path = directory.empty() ? name : directory + "/" + name;
      if (!matches_glob(part, name)) continue;
      const std::optional<struct stat> info = sys::try_stat_entry(*dir, name);
      if (!info) continue;
      const bool is_directory = S_ISDIR(info->st_mode);
      const bool ignored = ignore_.ignores_with_parents(path, is_directory) ||
                           ignore_.ignores_with_parents(real.empty() ? name : real + "/" + name, is_directory);
      if (!ignored && !is_passed_over(*info, path)) matches.push_back(path);
      if (matches.size() > kMaxMatches) {
        throw Error(ErrorKind::kExhausted, "a source matches more than " + std::to_string(kMaxMatches) + " files")
            .with_hint("copy their directory");
      }
    }
  }
  return matches;
}

void Context::refuse_ignored(const std::string& path, bool is_directory, const std::string& written) const {
  if (!ignore_.ignores_with_parents(path, is_directory)) return;
  throw Error(ErrorKind::kNotFound, "source " + quote(written) + " is excluded by .miniboxignore");
}

bool is_under_prefix(const std::string& path, const std::string& prefix) {
  if (prefix.empty() || !path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

}  // namespace minibox::build
