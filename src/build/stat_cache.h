// What the files of a build context held when they were last read, so that a build reads only what has changed since.
//
// A file is known by what the kernel alone decides: its inode and its change time (ctime), which no program can set
// back, beside size, mtime and mode. A digest is remembered only when the file did not change while it was read, and
// when its ctime lies so far back that a later change must have got another one; what is younger is read again. File
// systems whose attributes somebody else decides (network, FUSE), and files of another file system than the context's
// own, are never remembered. What it can't see is a write through a shared mapping that was dirty already; the copy
// then finds other bytes than were planned, and forget() is called (docs/decisions/0013-stat-cache.md).
//
// One file a context, <directory>/<hex>, of at most kMaxFiles files; the longest unused go when there are too many.
// Losing one costs time, so nothing is synced. load(), find() and remember() while it is planned, save() once
// afterwards. One thread; two builds of one context have each their own, the last save() stays.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oci/sha256.h"
#include "sys/fd.h"

namespace minibox::build {

class StatCache {
 public:
  static constexpr size_t kMaxFiles = 200'000;

  StatCache() = default;  // knows and remembers nothing
  // Of the context whose open directory is `root`. A cache that is damaged, or of another file system, is an empty one.
  static StatCache load(const std::string& directory, const sys::Fd& root);

  bool is_enabled() const { return !path_.empty(); }
  // The digest of the content that a file with these attributes has.
  std::optional<oci::Sha256::Sum> find(const struct stat& info);
  // `before` and `after`: what fstat said of the open file on both sides of reading it; `began_ns`: the time
  // (realtime_ns()) before the first of them.
  void remember(const struct stat& before, const struct stat& after, std::int64_t began_ns,
                const oci::Sha256::Sum& content);
  void save();
  void forget();  // something in it was wrong: the next build reads every file

  struct Record {  // as it lies on the disk
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::uint64_t mtime_ns = 0;  // modulo 2^64, as ctime_ns: only compared
    std::uint64_t ctime_ns = 0;
    std::uint32_t mode = 0;
    std::uint32_t unused = 0;  // how many times it was saved since a build asked for it
    oci::Sha256::Sum content{};
  };

 private:
  std::string directory_;
  std::string path_;
  oci::Sha256::Sum identity_{};
  dev_t device_ = 0;
  std::vector<Record> known_;  // by inode
  std::vector<Record> fresh_;
};

// Whether a change from `now_ns` on is sure to give a file another ctime than `ctime`.
bool is_settled(const timespec& ctime, std::int64_t now_ns);

}  // namespace minibox::build
