#include "build/tree_digest.h"

#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "build/hasher.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::build {
namespace {

constexpr size_t kMaxPaths = 1'000'000;

class TreeDigester {
 public:
  TreeDigester(const IgnoreRules* ignore, TreeRecord& record, ContentBudget& budget, const std::stop_token& stop)
      : ignore_(ignore), record_(record), budget_(budget), stop_(stop) {}

  void add_entry(const sys::Fd& dir, const TreeEntry& entry, int depth) {
    count(entry);
    add_counted(dir, entry, depth);
  }

  void add_directory(const sys::Fd& dir, const std::string& path, int depth) {
    check_depth(depth, path);
    const std::vector<TreeEntry> entries = list_tree(dir, path, ignore_);
    note(path, directory_value(entries));
    for (const TreeEntry& entry : entries) count(entry);
    for (const TreeEntry& entry : entries) add_counted(dir, entry, depth);
  }

  std::string hex() { return hasher_.hex(); }

 private:
  // Names of one file count once, as in a layer.
  void count(const TreeEntry& entry) {
    if (!S_ISREG(entry.info.st_mode)) return;
    if (entry.info.st_nlink > 1 && !counted_.emplace(entry.info.st_dev, entry.info.st_ino).second) return;
    budget_.take(entry);
  }

  void add_counted(const sys::Fd& dir, const TreeEntry& entry, int depth) {
    check_stop(stop_);
    if (S_ISDIR(entry.info.st_mode)) return add_directory(sys::open_dir_entry(dir, entry.name), entry.path, depth + 1);
    if (is_further_name(entry)) return;
    const std::string* known = record_.entries.find(entry.path);
    note(entry.path, known != nullptr ? *known : value_of(dir, entry));
  }

  std::string value_of(const sys::Fd& dir, const TreeEntry& entry) const {
    if (S_ISLNK(entry.info.st_mode)) return symlink_value(sys::read_link_entry(dir, entry.name));
    if (S_ISFIFO(entry.info.st_mode)) return fifo_value(entry.info.st_mode);
    return file_value(entry.info.st_mode, digest_file(sys::open_regular_entry(dir, entry.name), stop_));
  }

  bool is_further_name(const TreeEntry& entry) {
    if (entry.info.st_nlink < 2) return false;
    const auto [first, is_first] = names_.try_emplace({entry.info.st_dev, entry.info.st_ino}, entry.path);
    if (!is_first) hasher_.field(hard_link_value(first->second));
    return !is_first;
  }

  void note(const std::string& path, const std::string& value) {
    record_.entries.add(path, value);
    hasher_.field(value);
  }

  const IgnoreRules* ignore_;
  TreeRecord& record_;
  ContentBudget& budget_;
  const std::stop_token& stop_;
  Hasher hasher_;
  std::map<std::pair<dev_t, ino_t>, std::string> names_;  // first path of what has several
  std::set<std::pair<dev_t, ino_t>> counted_;             // of those
};

}  // namespace

void PathValues::each(const std::function<void(const std::string& path, const std::string& value)>& visit) const {
  for (const auto& [path, value] : values_) visit(path, value);
}

Error changed_while_built(const std::string& path) {
  return Error(ErrorKind::kConflict, quote(path.empty() ? "." : path) + " changed while it was built")
      .with_hint("build again; nothing of the changed files is in the cache");
}

const std::string* PathValues::find(const std::string& path) const {
  const auto found = values_.find(path);
  return found == values_.end() ? nullptr : &found->second;
}

void PathValues::add(const std::string& path, const std::string& value) {
  const auto [entry, is_new] = values_.try_emplace(path, value);
  if (entry->second != value) throw changed_while_built(path);
  if (!is_new || values_.size() <= kMaxPaths) return;
  throw Error(ErrorKind::kExhausted, "the build copies more than " + std::to_string(kMaxPaths) + " files")
      .with_hint("name what it does not need in .miniboxignore");
}

void PathValues::check(const std::string& path, const std::string& value) const {
  const std::string* known = find(path);
  if (known == nullptr || *known != value) throw changed_while_built(path);
}

void ContentBudget::take(const TreeEntry& file) {
  const auto size = static_cast<std::uint64_t>(file.info.st_size);
  if (size <= max_bytes_ - bytes_) {
    bytes_ += size;
    return;
  }
  throw Error(ErrorKind::kExhausted, quote(file.path) + " of " + std::to_string(size) +
                                         " bytes makes what is copied larger than a layer may be, " +
                                         std::to_string(max_bytes_) + " bytes")
      .with_hint("name what the build does not need in .miniboxignore, or keep it in a volume");
}

std::string directory_value(const std::vector<TreeEntry>& listing) {
  Hasher hasher;
  hasher.field("directory").field(listing.size());
  for (const TreeEntry& entry : listing) {
    hasher.field(entry.name).field(entry.info.st_mode & S_IFMT);
    if (S_ISDIR(entry.info.st_mode)) hasher.field(entry.info.st_mode & 07777);
  }
  return hasher.hex();
}

std::string file_value(mode_t mode, const std::string& content_digest) {
  Hasher hasher;
  hasher.field("file").field(mode & 07777).field(content_digest);
  return hasher.hex();
}

std::string symlink_value(const std::string& target) {
  Hasher hasher;
  hasher.field("symlink").field(target);
  return hasher.hex();
}

std::string fifo_value(mode_t mode) {
  Hasher hasher;
  hasher.field("fifo").field(mode & 07777);
  return hasher.hex();
}

std::string hard_link_value(const std::string& first_path) {
  Hasher hasher;
  hasher.field("hard link").field(first_path);
  return hasher.hex();
}

std::string digest_file(const sys::Fd& file, const std::stop_token& stop,
                        const std::function<void(std::string_view)>& sink) {
  Hasher hasher;
  std::string buffer(128u << 10, '\0');
  while (const size_t got = sys::read_some(file, buffer.data(), buffer.size())) {
    check_stop(stop);
    hasher.raw({buffer.data(), got});
    if (sink) sink({buffer.data(), got});
  }
  return hasher.hex();
}

std::string digest_tree(const TreeSource& source, TreeRecord& record, ContentBudget& budget,
                        const std::stop_token& stop) {
  if (const std::string* known = record.trees.find(source.path)) return *known;
  TreeDigester digester(source.ignore, record, budget, stop);
  const TreeEntry entry = source.entry();
  if (S_ISDIR(entry.info.st_mode)) {
    digester.add_directory(sys::open_dir_entry(source.parent, source.name), source.path, 0);
  } else {
    digester.add_entry(source.parent, entry, 0);
  }
  std::string digest = digester.hex();
  record.trees.add(source.path, digest);
  return digest;
}

}  // namespace minibox::build
