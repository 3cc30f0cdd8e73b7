// Copies a tree into a container's root file system, by descriptor on both sides: the COPY instruction.
//
// Like Docker: a directory source gives its content; a destination that ends in '/' or "/." or is a directory receives
// the entry under its own name, anything else is the new name; missing parents are made 0755. Symlinks of the
// destination are followed as if its root were "/". What is copied keeps mode, mtime and hard links
// among itself; a directory that was there keeps its own. A file, symlink or fifo in the way is replaced; a directory
// in the way of a file, or a file in the way of a directory, is kConflict. Extended attributes are not copied.
#pragma once

#include <stop_token>
#include <string>

#include "build/tree_source.h"
#include "sys/root_dir.h"

namespace minibox::build {

struct CopyTarget {
  std::string workdir;      // absolute
  std::string destination;  // resolved against `workdir`
  uid_t uid = 0;            // owner of everything made
  gid_t gid = 0;
};

// Where it is copied to. With an overlay that nobody else uses, also its upper directory: a new directory's content is
// written straight there.
struct CopyRoot {
  const sys::RootDir& merged;
  const sys::RootDir* upper = nullptr;
};

// Throws kCancelled when `stop` is requested, and kConflict, naming the file, when what was copied is not what
// source.planned says. Nothing else may change the root meanwhile.
void copy_tree(const TreeSource& source, const CopyRoot& root, const CopyTarget& target, std::stop_token stop = {});

}  // namespace minibox::build
