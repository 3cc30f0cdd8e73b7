// A file or directory tree to be copied or hashed, held by the descriptor of its parent. Nothing of it is followed: a
// symlink is itself, sockets are passed over, devices are refused. Whiteouts (character device 0:0 of an overlay upper
// directory) are passed over too, so that a layer directory can be a source.
#pragma once

#include <sys/stat.h>

#include <stop_token>
#include <string>
#include <vector>

#include "build/ignore_rules.h"
#include "sys/fd.h"
#include "sys/root_dir.h"

namespace minibox::build {

struct TreeEntry {
  std::string name;
  std::string path;  // as TreeSource::path
  struct stat info;
};

struct TreeRecord;  // tree_digest.h

struct TreeSource {
  sys::Fd parent;
  std::string name;                     // entry of `parent`; "." is the parent itself
  std::string path;                     // from the root the source was opened in, normalised; "" is that root
  const IgnoreRules* ignore = nullptr;  // applied to `path` and what lies below; must outlive the source
  const TreeRecord* planned = nullptr;  // what it must still be when it is copied; must outlive the source

  std::string base_name() const;
  TreeEntry entry() const;  // kUnsupported for what cannot be copied
};

// For COPY FROM: `path` is resolved inside `root` as the container would see it.
TreeSource open_tree_source(const sys::RootDir& root, const std::string& path);

// The entries of a directory that count, in byte order; `path` is the directory's as in TreeSource.
std::vector<TreeEntry> list_tree(const sys::Fd& dir, const std::string& path, const IgnoreRules* ignore);

// True for what list_tree passes over; kUnsupported for a device, naming `path`.
bool is_passed_over(const struct stat& info, const std::string& path);

// Each level holds a descriptor while it is walked; a deeper tree is refused (kExhausted).
inline constexpr int kMaxTreeDepth = 256;
void check_depth(int depth, const std::string& path);

void check_stop(const std::stop_token& stop);  // kCancelled when it is requested

}  // namespace minibox::build
