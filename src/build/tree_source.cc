#include "build/tree_source.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "build/hasher.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::build {
namespace {

std::string digest_file(const sys::Fd& dir, const std::string& name) {
  const sys::Fd file = sys::open_regular_entry(dir, name);
  Hasher hasher;
  std::string buffer(128u << 10, '\0');
  while (const size_t got = sys::read_some(file, buffer.data(), buffer.size())) hasher.raw({buffer.data(), got});
  return hasher.hex();
}

class TreeHasher {
 public:
  explicit TreeHasher(const IgnoreRules* ignore) : ignore_(ignore) {}

  void add(const sys::Fd& dir, const std::string& name, const struct stat& info) {
    if (S_ISREG(info.st_mode)) {
      hasher_.field("file").field(info.st_mode & 07777).field(digest_file(dir, name));
    } else if (S_ISLNK(info.st_mode)) {
      hasher_.field("symlink").field(sys::read_link_entry(dir, name));
    } else if (S_ISFIFO(info.st_mode)) {
      hasher_.field("fifo").field(info.st_mode & 07777);
    }
  }

  void add_directory(const sys::Fd& dir, const std::string& path, int depth) {
    check_depth(depth, path);
    const std::vector<TreeEntry> entries = list_tree(dir, path, ignore_);
    hasher_.field("directory").field(entries.size());
    for (const TreeEntry& entry : entries) {
      hasher_.field(entry.name);
      if (S_ISDIR(entry.info.st_mode)) {
        hasher_.field(entry.info.st_mode & 07777);
        add_directory(sys::open_dir_entry(dir, entry.name), entry.path, depth + 1);
      } else {
        add(dir, entry.name, entry.info);
      }
    }
  }

  std::string hex() { return hasher_.hex(); }

 private:
  const IgnoreRules* ignore_;
  Hasher hasher_;
};

}  // namespace

std::string TreeSource::base_name() const {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
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
    if (ignore != nullptr && ignore->ignores(entry.path)) continue;
    entry.info = sys::stat_entry(dir, name);
    if (!is_passed_over(entry.info, entry.path)) entries.push_back(std::move(entry));
  }
  return entries;
}

void check_depth(int depth, const std::string& path) {
  if (depth <= kMaxTreeDepth) return;
  throw Error(ErrorKind::kExhausted,
              quote(path) + " lies deeper than " + std::to_string(kMaxTreeDepth) + " directories");
}

std::string digest_tree(const TreeSource& source) {
  TreeHasher hasher(source.ignore);
  const struct stat info = sys::stat_entry(source.parent, source.name);
  if (S_ISDIR(info.st_mode)) {
    hasher.add_directory(sys::open_dir_entry(source.parent, source.name), source.path, 0);
  } else if (!is_passed_over(info, source.path)) {
    hasher.add(source.parent, source.name, info);
  }
  return hasher.hex();
}

}  // namespace minibox::build
