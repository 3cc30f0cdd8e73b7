// Copies a tree into a container's root file system, by descriptor on both sides: the COPY instruction.
//
// Like Docker: a directory source gives its content; a destination that ends in '/' or "/." or is a directory receives the
// entry under its own name, anything else is the new name; missing parents are made 0755. Symlinks of the destination
// are followed as if its root were "/". What is copied belongs to 0:0 and keeps mode, mtime and hard links among itself;
// a directory that was there keeps its own. A file, symlink or fifo in the way is replaced; a directory in the way of
// a file, or a file in the way of a directory, is kConflict. Extended attributes are not copied.
#pragma once

#include <stop_token>
#include <string>

#include "build/tree_source.h"
#include "sys/root_dir.h"

namespace minibox::build {

// `destination` is resolved against `workdir`. Throws kCancelled when `stop` is requested.
void copy_tree(const TreeSource& source, const sys::RootDir& root, const std::string& workdir,
               const std::string& destination, std::stop_token stop = {});

}  // namespace minibox::build
