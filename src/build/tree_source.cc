#include "build/tree_source.h"

#include <fcntl.h>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/entry.h"

namespace minibox::build {
std::string TreeSource::base_name() const {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

TreeEntry TreeSource::entry() const {
  TreeEntry entry{name, path, sys::stat_entry(parent, name)};
  if (!is_passed_over(entry.info, path)) return entry;
  throw Error(ErrorKind::kUnsupported, quote(path) + " is neither a file, a directory nor a symlink");
}

TreeSource open_tree_source(const sys::RootDir& root, const std::string& path) {
  TreeSource source;
  source.path = sys::relative_path(path);
  const bool is_directory_itself = source.path.empty() || source.path == ".." || source.path.ends_with("/..");
  if (is_directory_itself) {
    source.parent = root.open_beneath(path, O_RDONLY | O_DIRECTORY);
    source.name = ".";
    return source;
  }
  sys::RootDir::Parent parent = root.open_parent(path);
  source.parent = std::move(parent.dir);
  source.name = std::move(parent.name);
  return source;
}

bool is_passed_over(const struct stat& info, const std::string& path) {
  if (S_ISSOCK(info.st_mode) || sys::is_whiteout(info)) return true;
  if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) {
    throw Error(ErrorKind::kUnsupported, quote(path) + " is a device and can't be copied");
  }
  return false;
}

std::vector<TreeEntry> list_tree(const sys::Fd& dir, const std::string& path, const IgnoreRules* ignore) {
  std::vector<TreeEntry> entries;
  const std::string prefix = path.empty() ? "" : path + "/";
  for (const std::string& name : sys::list_entries(dir)) {
    TreeEntry entry{name, prefix, {}};
    entry.path += name;
    entry.info = sys::stat_entry(dir, name);
    if (ignore != nullptr && ignore->ignores(entry.path, S_ISDIR(entry.info.st_mode))) continue;
    if (!is_passed_over(entry.info, entry.path)) entries.push_back(std::move(entry));
  }
  return entries;
}

void check_depth(int depth, const std::string& path) {
  if (depth <= kMaxTreeDepth) return;
  throw Error(ErrorKind::kExhausted,
              quote(path) + " lies deeper than " + std::to_string(kMaxTreeDepth) + " directories");
}

void check_stop(const std::stop_token& stop) {
  throw_if_stopped(stop);
}

}  // namespace minibox::build
