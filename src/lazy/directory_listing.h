// A directory's names as the kernel reads them: page by page.
#pragma once

#include <cstdint>
#include <string>

#include "lazy/file_tree.h"

namespace minibox::lazy {

// The names from `offset` on, as many as fit into `room` bytes, each with what finds the next one. `plus`: with the
// attributes, which spares the kernel to ask for each. Empty at the end.
std::string list_directory(const FileTree& tree, FileTree::Id id, std::uint64_t offset, size_t room, bool plus);

}  // namespace minibox::lazy
