// One mounted layer: answers the kernel's requests from the tree, at once; reads of files are handed on. Requests are
// taken by one thread; reads are answered by others.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lazy/file_tree.h"
#include "lazy/fuse_message.h"
#include "lazy/open_files.h"
#include "sys/fd.h"

namespace minibox::lazy {

struct FileRead {
  std::uint64_t unique = 0;  // of the request, for the answer
  std::uint32_t pid = 0;     // of the thread that waits for it, in our pid namespace
  FileTree::Id file = 0;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
};

class LayerView {
 public:
  // All must outlive this. `opens` is null when the kernel opens files alone. `read` takes a read of a file that is to
  // be answered later; `interrupt` hears that whoever waits for a request has got a signal.
  using Read = std::function<void(const FileRead& read)>;
  using Interrupt = std::function<void(std::uint64_t unique)>;
  LayerView(const sys::Fd& device, const FileTree& tree, OpenFiles* opens, Read read, Interrupt interrupt)
      : device_(device), tree_(tree), opens_(opens), read_(std::move(read)), interrupt_(std::move(interrupt)) {}

  // Answers one request; false when there was none. Throws Unmounted.
  bool serve();

 private:
  void answer(const FuseRequest& request);
  void look_up(const FuseRequest& request, const FileTree::Node& directory);
  void get_attributes(const FuseRequest& request, const FileTree::Node& node);
  void read_link(const FuseRequest& request, const FileTree::Node& node);
  void open_file(const FuseRequest& request, const FileTree::Node& node);
  void release_file(const FuseRequest& request);
  void read_file(const FuseRequest& request, const FileTree::Node& node);
  void read_directory(const FuseRequest& request, const FileTree::Node& directory);
  void get_xattr(const FuseRequest& request, const FileTree::Node& node);
  void list_xattrs(const FuseRequest& request, const FileTree::Node& node);
  void stat_file_system(const FuseRequest& request);
  void answer_sized(const FuseRequest& request, std::uint32_t room, const std::string& value);
  void fail(const FuseRequest& request, int errno_value) { reply_error(device_, request.header.unique, errno_value); }

  const sys::Fd& device_;
  const FileTree& tree_;
  OpenFiles* const opens_;
  const Read read_;
  const Interrupt interrupt_;
  FuseBuffer buffer_;
};

}  // namespace minibox::lazy
