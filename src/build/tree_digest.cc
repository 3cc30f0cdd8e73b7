#include "build/tree_digest.h"

#include <array>
#include <cstring>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::build {
namespace {

constexpr size_t kMaxPaths = 1'000'000;

class TreeDigester {
 public:
  TreeDigester(const IgnoreRules* ignore, TreeRecord& record, ContentBudget& budget, StatCache& cache,
               const std::stop_token& stop)
      : ignore_(ignore), record_(record), budget_(budget), cache_(cache), stop_(stop) {}

  void add_entry(const sys::Fd& dir, const TreeEntry& entry, int depth) {
    count(entry);
    add_counted(dir, entry, depth);
  }

  void add_directory(const sys::Fd& dir, const std::string& path, int depth) {
    check_depth(depth, path);
    const std::vector<TreeEntry> entries = list_tree(dir, path, ignore_);
    const TreeValue value = directory_value(entries);
    record_.entries.add(path, value);
    sum_.add(value);
    for (const TreeEntry& entry : entries) count(entry);
    for (const TreeEntry& entry : entries) add_counted(dir, entry, depth);
  }

  std::string hex() { return sum_.hex(); }

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
    sum_.add(record_.entries.find_or_add(entry.path, [&] { return value_of(dir, entry); }));
  }

  TreeValue value_of(const sys::Fd& dir, const TreeEntry& entry) {
    if (S_ISLNK(entry.info.st_mode)) return symlink_value(sys::read_link_entry(dir, entry.name));
    if (S_ISFIFO(entry.info.st_mode)) return fifo_value(entry.info.st_mode);
    if (const auto known = cache_.find(entry.info)) return file_value(entry.info.st_mode, *known);
    const sys::Fd file = sys::open_regular_entry(dir, entry.name);
    return file_value(entry.info.st_mode, digest_known_file(file, digester_, cache_, stop_));
  }

  bool is_further_name(const TreeEntry& entry) {
    if (entry.info.st_nlink < 2) return false;
    const auto [first, is_first] = names_.try_emplace({entry.info.st_dev, entry.info.st_ino}, entry.path);
    if (!is_first) sum_.add_hard_link(first->second);
    return !is_first;
  }

  const IgnoreRules* ignore_;
  TreeRecord& record_;
  ContentBudget& budget_;
  StatCache& cache_;
  const std::stop_token& stop_;
  FileDigester digester_;
  TreeSum sum_;
  std::map<std::pair<dev_t, ino_t>, std::string> names_;  // first path of what has several
  std::set<std::pair<dev_t, ino_t>> counted_;             // of those
};

}  // namespace

Error changed_while_built(const std::string& path) {
  return Error(ErrorKind::kConflict, quote(path.empty() ? "." : path) + " changed while it was built")
      .with_hint("build again; nothing of the changed files is in the cache");
}

const TreeValue& TreeValues::find_or_add(const std::string& path, const std::function<TreeValue()>& make) {
  const auto [entry, is_new] = values_.try_emplace(path);
  if (!is_new) return entry->second;
  if (values_.size() <= kMaxPaths) {
    try {
      return entry->second = make();
    } catch (...) {
      values_.erase(entry);  // nobody may take it for a value
      throw;
    }
  }
  throw Error(ErrorKind::kExhausted, "the build copies more than " + std::to_string(kMaxPaths) + " files")
      .with_hint("name what it does not need in .miniboxignore");
}

void TreeValues::add(const std::string& path, const TreeValue& value) {
  if (find_or_add(path, [&] { return value; }) != value) throw changed_while_built(path);
}

void TreeValues::each(const std::function<void(const std::string& path, const TreeValue& value)>& visit) const {
  for (const auto& [path, value] : values_) visit(path, value);
}

void TreeValues::check(const std::string& path, const TreeValue& value) const {
  const auto known = values_.find(path);
  if (known == values_.end() || known->second != value) throw changed_while_built(path);
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

std::string print_value(const TreeValue& value) {
  return std::to_string(value.mode) + " " + oci::to_hex(value.content);
}

TreeValue directory_value(const std::vector<TreeEntry>& listing) {
  // In one piece: a hash takes its time for each.
  std::string text;
  for (const TreeEntry& entry : listing) {
    text += entry.name;
    text += '/';  // in no name
    text += std::to_string(S_ISDIR(entry.info.st_mode) ? entry.info.st_mode : entry.info.st_mode & S_IFMT);
    text += '/';
  }
  Hasher hasher;
  return {S_IFDIR, hasher.field(text).sum()};
}

TreeValue file_value(mode_t mode, const oci::Sha256::Sum& content) {
  return {S_IFREG | (mode & 07777), content};
}

TreeValue symlink_value(const std::string& target) {
  Hasher hasher;
  return {S_IFLNK, hasher.field(target).sum()};
}

TreeValue fifo_value(mode_t mode) {
  return {S_IFIFO | (mode & 07777), {}};
}

void TreeSum::add(const TreeValue& value) {
  std::array<char, sizeof value.mode + std::tuple_size_v<oci::Sha256::Sum>> bytes{};
  std::memcpy(bytes.data(), &value.mode, sizeof value.mode);
  std::memcpy(bytes.data() + sizeof value.mode, value.content.data(), value.content.size());
  hasher_.raw({bytes.data(), bytes.size()});
}

// Begins like a value of a mode that there is not, and says how long it is.
void TreeSum::add_hard_link(const std::string& first_path) {
  add({.mode = 0});
  hasher_.field(first_path);
}

oci::Sha256::Sum FileDigester::digest(const sys::Fd& file, const std::stop_token& stop,
                                      const std::function<void(std::string_view)>& sink) {
  buffer_.resize(128u << 10);
  while (const size_t got = sys::read_some(file, buffer_.data(), buffer_.size())) {
    check_stop(stop);
    hash_.update({buffer_.data(), got});
    if (sink) sink({buffer_.data(), got});
  }
  return hash_.finish_sum();
}

oci::Sha256::Sum digest_known_file(const sys::Fd& file, FileDigester& digester, StatCache& cache,
                                   const std::stop_token& stop) {
  if (!cache.is_enabled()) return digester.digest(file, stop);
  const std::int64_t began = realtime_ns();
  const struct stat before = sys::stat_of(file);
  if (const auto known = cache.find(before)) return *known;
  const oci::Sha256::Sum content = digester.digest(file, stop);
  cache.remember(before, sys::stat_of(file), began, content);
  return content;
}

std::string digest_tree(const TreeSource& source, TreeRecord& record, ContentBudget& budget, StatCache& cache,
                        const std::stop_token& stop) {
  if (const auto known = record.trees.find(source.path); known != record.trees.end()) return known->second;
  TreeDigester digester(source.ignore, record, budget, cache, stop);
  const TreeEntry entry = source.entry();
  if (S_ISDIR(entry.info.st_mode)) {
    digester.add_directory(sys::open_dir_entry(source.parent, source.name), source.path, 0);
  } else {
    digester.add_entry(source.parent, entry, 0);
  }
  std::string digest = digester.hex();
  record.trees.emplace(source.path, digest);
  return digest;
}

}  // namespace minibox::build
