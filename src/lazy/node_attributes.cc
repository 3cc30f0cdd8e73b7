#include "lazy/node_attributes.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace minibox::lazy {
namespace {

constexpr std::uint32_t kBlock = 4096;

// The kernel's own form of a device number (new_encode_dev() of linux/kdev_t.h).
std::uint32_t encode_device(dev_t device) {
  const unsigned high = major(device);
  const unsigned low = minor(device);
  return (low & 0xff) | (high << 8) | ((low & ~0xffU) << 12);
}

std::uint64_t size_of(const FileTree::Node& node) {
  if (node.is_directory()) return kBlock;
  if (node.entry == nullptr) return 0;
  if (S_ISLNK(node.type)) return node.entry->entry.link_target.size();
  return S_ISREG(node.type) ? node.entry->entry.size : 0;
}

}  // namespace

fuse_attr attributes_of(const FileTree::Node& node, FileTree::Id id) {
  fuse_attr attr{};
  attr.ino = id;
  attr.size = size_of(node);
  attr.blocks = (attr.size + 511) / 512;
  attr.blksize = kBlock;
  attr.nlink = node.links;
  attr.mode = node.type | (node.is_directory() ? 0755 : 0);  // one that is only implied, and whiteouts
  if (node.entry == nullptr) return attr;
  const store::TarEntry& entry = node.entry->entry;
  attr.mode = S_ISLNK(node.type) ? S_IFLNK | 0777 : node.type | (entry.mode & 07777);
  attr.uid = static_cast<std::uint32_t>(entry.uid);
  attr.gid = static_cast<std::uint32_t>(entry.gid);
  attr.atime = attr.mtime = attr.ctime = static_cast<std::uint64_t>(entry.mtime);
  attr.atimensec = attr.mtimensec = attr.ctimensec = static_cast<std::uint32_t>(node.entry->mtime_ns);
  if (S_ISCHR(node.type) || S_ISBLK(node.type)) attr.rdev = encode_device(entry.device);
  return attr;
}

fuse_entry_out entry_of(const FileTree& tree, FileTree::Id id) {
  fuse_entry_out entry{};
  entry.nodeid = id;
  entry.entry_valid = entry.attr_valid = kForever;
  if (id != 0) entry.attr = attributes_of(*tree.find(id), id);
  return entry;
}

}  // namespace minibox::lazy
