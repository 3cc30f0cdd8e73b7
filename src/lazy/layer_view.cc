#include "lazy/layer_view.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "base/error.h"
#include "lazy/directory_listing.h"
#include "lazy/node_attributes.h"

namespace minibox::lazy {

bool LayerView::serve() {
  const auto request = read_request(device_, buffer_);
  if (request) answer(*request);
  return request.has_value();
}

void LayerView::answer(const FuseRequest& request) {
  switch (request.header.opcode) {  // those that name no node, or want no answer
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
      return;  // nodes live as long as the mount
    case FUSE_INTERRUPT:
      return interrupt_(request.read<fuse_interrupt_in>().unique);
    case FUSE_STATFS:
      return stat_file_system(request);
    case FUSE_DESTROY:
      return fail(request, 0);
    default:
      break;
  }
  const FileTree::Node* node = tree_.find(request.header.nodeid);
  if (node == nullptr) return fail(request, ESTALE);
  switch (request.header.opcode) {
    case FUSE_LOOKUP:
      return look_up(request, *node);
    case FUSE_GETATTR:
      return get_attributes(request, *node);
    case FUSE_READLINK:
      return read_link(request, *node);
    case FUSE_OPEN:
      return open_file(request, *node);
    case FUSE_RELEASE:
      return release_file(request);
    case FUSE_READ:
      return read_file(request, *node);
    case FUSE_READDIR:
    case FUSE_READDIRPLUS:
      return read_directory(request, *node);
    case FUSE_GETXATTR:
      return get_xattr(request, *node);
    case FUSE_LISTXATTR:
      return list_xattrs(request, *node);
    case FUSE_MKNOD:
    case FUSE_MKDIR:
    case FUSE_UNLINK:
    case FUSE_RMDIR:
    case FUSE_RENAME:
    case FUSE_RENAME2:
    case FUSE_LINK:
    case FUSE_SYMLINK:
    case FUSE_CREATE:
    case FUSE_WRITE:
    case FUSE_SETATTR:
    case FUSE_SETXATTR:
    case FUSE_REMOVEXATTR:
    case FUSE_FALLOCATE:
      return fail(request, EROFS);
    default:
      // Also of OPENDIR, FLUSH and ACCESS: the kernel asks once and does without from then on.
      return fail(request, ENOSYS);
  }
}

void LayerView::look_up(const FuseRequest& request, const FileTree::Node& directory) {
  if (!directory.is_directory()) return fail(request, ENOTDIR);
  // An absent name is an answer too, kept like the others: number 0.
  const fuse_entry_out entry = entry_of(tree_, tree_.child(directory, request.name()));
  reply(device_, request.header.unique, &entry, sizeof entry);
}

void LayerView::get_attributes(const FuseRequest& request, const FileTree::Node& node) {
  fuse_attr_out answer{};
  answer.attr_valid = kForever;
  answer.attr = attributes_of(node, request.header.nodeid);
  reply(device_, request.header.unique, &answer, sizeof answer);
}

void LayerView::read_link(const FuseRequest& request, const FileTree::Node& node) {
  if (!S_ISLNK(node.type)) return fail(request, EINVAL);
  const std::string& target = node.entry->entry.link_target;
  reply(device_, request.header.unique, target.data(), target.size());
}

void LayerView::open_file(const FuseRequest& request, const FileTree::Node& node) {
  if (opens_ == nullptr) return fail(request, ENOSYS);  // the kernel never asks again
  if (!S_ISREG(node.type)) return fail(request, EINVAL);
  const FuseOpenAnswer answer = opens_->open(request.header.nodeid);
  reply(device_, request.header.unique, &answer, sizeof answer);
}

void LayerView::release_file(const FuseRequest& request) {
  if (opens_ != nullptr) opens_->release(request.header.nodeid);
  fail(request, 0);
}

void LayerView::read_file(const FuseRequest& request, const FileTree::Node& node) {
  if (!S_ISREG(node.type)) return fail(request, node.is_directory() ? EISDIR : EINVAL);
  const auto in = request.read<fuse_read_in>();
  read_({request.header.unique, request.header.pid, request.header.nodeid, in.offset, std::min(in.size, kMaxRead)});
}

void LayerView::read_directory(const FuseRequest& request, const FileTree::Node& directory) {
  if (!directory.is_directory()) return fail(request, ENOTDIR);
  const auto in = request.read<fuse_read_in>();
  const bool plus = request.header.opcode == FUSE_READDIRPLUS;
  const std::string page = list_directory(tree_, request.header.nodeid, in.offset, std::min(in.size, kMaxRead), plus);
  reply(device_, request.header.unique, page.data(), page.size());
}

// As of getxattr(2): a caller without room asks how much is needed.
void LayerView::answer_sized(const FuseRequest& request, std::uint32_t room, const std::string& value) {
  if (room == 0) {
    fuse_getxattr_out answer{};
    answer.size = static_cast<std::uint32_t>(value.size());
    return reply(device_, request.header.unique, &answer, sizeof answer);
  }
  if (value.size() > room) return fail(request, ERANGE);
  reply(device_, request.header.unique, value.data(), value.size());
}

void LayerView::get_xattr(const FuseRequest& request, const FileTree::Node& node) {
  if (!tree_.has_xattrs()) return fail(request, ENOSYS);  // the kernel never asks again
  const auto in = request.read<fuse_getxattr_in>();
  const std::string_view wanted = request.name(sizeof in);
  for (const auto& [name, value] : xattrs_of(node)) {
    if (name == wanted) return answer_sized(request, in.size, value);
  }
  fail(request, ENODATA);
}

void LayerView::list_xattrs(const FuseRequest& request, const FileTree::Node& node) {
  if (!tree_.has_xattrs()) return fail(request, ENOSYS);
  std::string names;
  for (const auto& [name, value] : xattrs_of(node)) names += name + '\0';
  answer_sized(request, request.read<fuse_getxattr_in>().size, names);
}

void LayerView::stat_file_system(const FuseRequest& request) {
  fuse_statfs_out answer{};
  answer.st.bsize = answer.st.frsize = 4096;
  answer.st.files = tree_.size();
  answer.st.namelen = 255;
  reply(device_, request.header.unique, &answer, sizeof answer);
}

}  // namespace minibox::lazy
