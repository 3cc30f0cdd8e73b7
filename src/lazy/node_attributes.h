// Nodes as the kernel wants them. Nothing of a layer ever changes: the kernel may keep every answer for good.
#pragma once

#include "lazy/file_tree.h"
#include "lazy/fuse_protocol.h"

namespace minibox::lazy {

inline constexpr std::uint64_t kForever = 1ULL << 31;  // seconds

fuse_attr attributes_of(const FileTree::Node& node, FileTree::Id id);
fuse_entry_out entry_of(const FileTree& tree, FileTree::Id id);  // 0: there is no such name

}  // namespace minibox::lazy
