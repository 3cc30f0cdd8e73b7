// What a tree holds, as a SHA-256 over names, types, permission bits, symlink targets, bytes and hard links within it;
// not owner, not times, and not the permission bits of a directory that is the source itself, since its content is what
// gets copied.
//
// A build looks at its context twice: once for the cache keys, once to copy it. Both walks (digest_tree here, copy_tree
// in copier.h) sum up the same values in the same order: first the directory's listing, then each entry's value. A
// TreeRecord remembers those of the first walk; the second is held against it, so that nothing gets into the cache
// under the key of something else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "build/hasher.h"
#include "build/stat_cache.h"
#include "build/tree_source.h"
#include "oci/sha256.h"
#include "sys/fd.h"

namespace minibox::build {

// What stands at a path: its type, its permission bits where they count, and a digest of the rest.
struct TreeValue {
  std::uint32_t mode = 0;
  oci::Sha256::Sum content{};
  bool operator==(const TreeValue&) const = default;
};

std::string print_value(const TreeValue& value);  // a word for it, the same for equal ones
TreeValue directory_value(const std::vector<TreeEntry>& listing);
TreeValue file_value(mode_t mode, const oci::Sha256::Sum& content);
TreeValue symlink_value(const std::string& target);
TreeValue fifo_value(mode_t mode);

// Values by path, each path relative to the context. Filled by one thread, then only read.
class TreeValues {
 public:
  // The value at `path`, which `make` gives the first time. kExhausted beyond a million paths.
  const TreeValue& find_or_add(const std::string& path, const std::function<TreeValue()>& make);
  // kConflict, "'<path>' changed while it was built", when another value is there.
  void add(const std::string& path, const TreeValue& value);
  void check(const std::string& path, const TreeValue& value) const;  // kConflict unless exactly this is there
  size_t size() const { return values_.size(); }
  void each(const std::function<void(const std::string& path, const TreeValue& value)>& visit) const;

 private:
  std::unordered_map<std::string, TreeValue> values_;
};

Error changed_while_built(const std::string& path);  // with the remedy

// What the files that go into one layer may hold together. Counted by their size, before they are read: a sparse file
// costs nothing to make and hours to read.
class ContentBudget {
 public:
  explicit ContentBudget(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}
  void take(const TreeEntry& file);  // kExhausted, naming the file and the limit

 private:
  const std::uint64_t max_bytes_;
  std::uint64_t bytes_ = 0;
};

struct TreeRecord {
  TreeValues entries;                        // files, symlinks, fifos, and directories by their listing
  std::map<std::string, std::string> trees;  // whole sources
};

// Sums up a tree in the order in which it is walked.
class TreeSum {
 public:
  void add(const TreeValue& value);
  void add_hard_link(const std::string& first_path);  // another name of what stands at `first_path`
  std::string hex() { return hasher_.hex(); }

 private:
  Hasher hasher_;
};

// Reads files one after the other through one buffer.
class FileDigester {
 public:
  // SHA-256 of the rest of a file; each piece also goes to `sink` when there is one. kCancelled when `stop` is
  // requested.
  oci::Sha256::Sum digest(const sys::Fd& file, const std::stop_token& stop,
                          const std::function<void(std::string_view)>& sink = nullptr);

 private:
  std::vector<char> buffer_;
  oci::Sha256 hash_;
};

// The digest of a whole file of the context, out of `cache` when that knows it. kCancelled when `stop` is requested.
oci::Sha256::Sum digest_known_file(const sys::Fd& file, FileDigester& digester, StatCache& cache,
                                   const std::stop_token& stop);

// Puts what it sees into `record`, and does not read again what is there already or in `cache`. Reads no file of a
// directory unless all of them are within `budget`.
std::string digest_tree(const TreeSource& source, TreeRecord& record, ContentBudget& budget, StatCache& cache,
                        const std::stop_token& stop);

}  // namespace minibox::build
