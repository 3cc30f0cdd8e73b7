// What a layer shows as a directory of overlayfs, made from its index alone: the same names, attributes and links as
// unpacking it would give (store/layer_unpacker.h), whiteouts and opaque directories in overlayfs' form. Never changes
// once built: any thread may read it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "store/layer_index.h"

namespace minibox::lazy {

class FileTree {
 public:
  using Id = std::uint64_t;  // the node's number in the kernel's requests
  static constexpr Id kRoot = 1;

  struct Child {
    std::string name;
    Id id = 0;
  };
  struct Node {
    const store::IndexedEntry* entry = nullptr;  // null: a directory that others imply, or a whiteout
    mode_t type = 0;                             // S_IFMT bits
    bool opaque = false;                         // hides what the layers below have there
    std::uint32_t links = 0;
    Id parent = 0;                      // of one of its names
    const std::string* name = nullptr;  // that name; null for the root
    std::vector<Child> children;        // by name

    bool is_directory() const;
    bool is_whiteout() const { return entry == nullptr && !is_directory(); }
  };

  // `index` must outlive this. kCorrupt for what can't be unpacked either: a file in place of a directory, a hard link
  // to nothing.
  explicit FileTree(const store::LayerIndex& index);

  const Node* find(Id id) const { return id == 0 || id > nodes_.size() ? nullptr : &nodes_[id - 1]; }
  Id child(const Node& directory, std::string_view name) const;  // 0: none
  // One of the names of a node other than the root, relative; as long as the layer's unpacked directory knows it.
  std::string path_of(Id id) const;
  bool has_xattrs() const { return has_xattrs_; }
  size_t size() const { return nodes_.size(); }

 private:
  friend class FileTreeBuilder;
  std::deque<Node> nodes_;
  bool has_xattrs_ = false;  // opaque directories count: their mark is one
};

// The attributes that an entry brings along: those that unpacking would set, and overlayfs' mark.
std::vector<std::pair<std::string, std::string>> xattrs_of(const FileTree::Node& node);

}  // namespace minibox::lazy
