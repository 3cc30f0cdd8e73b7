// How the files of one layer are opened, where the kernel asks (docs/decisions/0014-lazy-layers.md): through FUSE's
// page cache, or, once the layer is unpacked, past the server ("passthrough"), from a backing file. For one thread.
//
// The kernel has both kinds of one file never open at once, and one backing file for all that pass (fuse_file_io_open()
// of Linux' fs/fuse/iomode.c). So what is open decides about the next: a file that somebody holds open through the
// cache stays there until all have closed it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lazy/backing_process.h"
#include "lazy/file_tree.h"
#include "lazy/fuse_protocol.h"
#include "lazy/layer_files.h"

namespace minibox::lazy {

class OpenFiles {
 public:
  // `process` knows the layer's device by `device`. All must outlive this. `log` is told once, when backing files can't
  // be named any more; from then on all goes through the cache.
  OpenFiles(LayerFiles& files, BackingProcess& process, std::uint32_t device,
            std::function<void(const std::string& line)> log)
      : files_(files), process_(process), device_(device), log_(std::move(log)) {}

  // Of a regular file. Each is followed by a release().
  FuseOpenAnswer open(FileTree::Id id);
  void release(FileTree::Id id);

  // Of a file system that is mounted nowhere any more: the kernel lets go of the backing files.
  void end();

 private:
  struct File {
    std::uint64_t opens = 0;
    std::optional<std::int32_t> backing;  // none: through the cache
    std::uint64_t idle_since = 0;         // key of idle_, when nobody has it open
  };
  File& file_of(FileTree::Id id);
  std::optional<std::int32_t> find_backing(FileTree::Id id);
  bool make_room();

  LayerFiles& files_;
  BackingProcess& process_;
  const std::uint32_t device_;
  const std::function<void(const std::string& line)> log_;
  std::map<FileTree::Id, File> open_;           // also those that nobody has open, when they have a backing file
  std::map<std::uint64_t, FileTree::Id> idle_;  // these; the one that waits longest first
  size_t backings_ = 0;
  std::uint64_t clock_ = 0;  // counts what becomes idle
  bool given_up_ = false;
};

}  // namespace minibox::lazy
