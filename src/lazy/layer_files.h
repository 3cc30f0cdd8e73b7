// The content of a lazy layer's files, wherever it is by now: in the layer's unpacked directory as soon as there is
// one, otherwise in its blob, by way of the index. Any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lazy/file_tree.h"
#include "store/layer_content.h"
#include "sys/fd.h"

namespace minibox::lazy {

class LayerFiles {
 public:
  // `extracted` is the folder of unpacked layers; it and the rest must outlive this.
  LayerFiles(const store::LayerIndex& index, const FileTree& tree, store::LayerContent& content,
             const sys::Fd& extracted);

  // At most `size` bytes from `offset` of a regular file; fewer only at its end. Throws what LayerContent throws;
  // kCorrupt when the unpacked file is another one than the index says.
  size_t read(FileTree::Id id, std::uint64_t offset, char* buffer, size_t size);

  // A regular file of the unpacked layer, open for reading; null while the layer is not unpacked. kCorrupt as above.
  using File = std::shared_ptr<const sys::Fd>;
  File unpacked_file(FileTree::Id id);
  // Lets go of what is kept open for the next read.
  void close_files();

 private:
  File remembered(FileTree::Id id);

  const store::LayerIndex& index_;
  const FileTree& tree_;
  store::LayerContent& content_;
  const sys::Fd& extracted_;
  std::mutex mutex_;
  sys::Fd directory_;                   // of the unpacked layer
  std::map<FileTree::Id, File> files_;  // opened in it, so many at most as kMaxFiles says
};

}  // namespace minibox::lazy
