#include "lazy/directory_listing.h"

#include <sys/stat.h>

#include <cstring>

#include "lazy/node_attributes.h"

namespace minibox::lazy {
namespace {

struct Listed {
  std::string_view name;
  FileTree::Id id;
  bool dots;  // the kernel takes no attributes of these two
};

Listed nth(const FileTree::Node& directory, FileTree::Id id, std::uint64_t position) {
  if (position == 0) return {".", id, true};
  if (position == 1) return {"..", directory.parent, true};
  const FileTree::Child& child = directory.children[position - 2];
  return {child.name, child.id, false};
}

fuse_dirent entry_head(const FileTree& tree, const Listed& listed, std::uint64_t next) {
  fuse_dirent head{};
  head.ino = listed.id;
  head.off = next;
  head.namelen = static_cast<std::uint32_t>(listed.name.size());
  head.type = tree.find(listed.id)->type >> 12;  // DT_* (readdir(3))
  return head;
}

}  // namespace

std::string list_directory(const FileTree& tree, FileTree::Id id, std::uint64_t offset, size_t room, bool plus) {
  const FileTree::Node& directory = *tree.find(id);
  const std::uint64_t end = directory.children.size() + 2;
  std::string page;
  for (std::uint64_t position = offset; position < end; ++position) {
    const Listed listed = nth(directory, id, position);
    const size_t head = (plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET);
    const size_t size = FUSE_DIRENT_ALIGN(head + listed.name.size());
    if (page.size() + size > room) break;
    const size_t begin = page.size();
    page.resize(begin + size, '\0');
    char* at = page.data() + begin;
    if (plus) {
      const fuse_entry_out entry = entry_of(tree, listed.dots ? 0 : listed.id);
      std::memcpy(at, &entry, sizeof entry);
      at += sizeof entry;
    }
    const fuse_dirent dirent = entry_head(tree, listed, position + 1);
    std::memcpy(at, &dirent, FUSE_NAME_OFFSET);
    std::memcpy(at + FUSE_NAME_OFFSET, listed.name.data(), listed.name.size());
  }
  return page;
}

}  // namespace minibox::lazy
