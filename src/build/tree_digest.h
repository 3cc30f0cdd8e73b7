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
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "build/tree_source.h"
#include "sys/fd.h"

namespace minibox::build {

// Values by path, each path relative to the context. Filled by one thread, then only read.
class PathValues {
 public:
  const std::string* find(const std::string& path) const;
  // kConflict, "'<path>' changed while it was built", when another value is there; kExhausted beyond a million paths.
  void add(const std::string& path, const std::string& value);
  void check(const std::string& path, const std::string& value) const;  // kConflict unless exactly this is there
  size_t size() const { return values_.size(); }
  void each(const std::function<void(const std::string& path, const std::string& value)>& visit) const;

 private:
  std::unordered_map<std::string, std::string> values_;
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
  PathValues entries;  // files, symlinks, fifos, and directories by their listing
  PathValues trees;    // whole sources
};

std::string directory_value(const std::vector<TreeEntry>& listing);
std::string file_value(mode_t mode, const std::string& content_digest);
std::string symlink_value(const std::string& target);
std::string fifo_value(mode_t mode);
std::string hard_link_value(const std::string& first_path);  // another name of what stands at `first_path`

// SHA-256 of the rest of a file; each piece also goes to `sink` when there is one. kCancelled when `stop` is requested.
std::string digest_file(const sys::Fd& file, const std::stop_token& stop,
                        const std::function<void(std::string_view)>& sink = nullptr);

// Puts what it sees into `record`, and does not read again what is there already. Reads no file of a directory unless
// all of them are within `budget`.
std::string digest_tree(const TreeSource& source, TreeRecord& record, ContentBudget& budget,
                        const std::stop_token& stop);

}  // namespace minibox::build
