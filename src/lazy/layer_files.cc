#include "lazy/layer_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::lazy {
namespace {

constexpr size_t kMaxFiles = 64;

}  // namespace

LayerFiles::LayerFiles(const store::LayerIndex& index, const FileTree& tree, store::LayerContent& content,
                       const sys::Fd& extracted)
    : index_(index), tree_(tree), content_(content), extracted_(extracted) {}

size_t LayerFiles::read(FileTree::Id id, std::uint64_t offset, char* buffer, size_t size) {
  const store::IndexedEntry& entry = *tree_.find(id)->entry;
  if (offset >= entry.entry.size) return 0;
  size = static_cast<size_t>(std::min<std::uint64_t>(size, entry.entry.size - offset));
  if (const File file = unpacked_file(id)) {
    if (!sys::read_all_at(*file, buffer, size, offset))
      throw Error(ErrorKind::kCorrupt, "the unpacked file is shorter than the index says");
  } else {
    content_.read(entry.content + offset, buffer, size);
  }
  return size;
}

LayerFiles::File LayerFiles::remembered(FileTree::Id id) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(id);
  return found == files_.end() ? nullptr : found->second;
}

void LayerFiles::close_files() {
  const std::lock_guard lock(mutex_);
  files_.clear();
  directory_.reset();
}

LayerFiles::File LayerFiles::unpacked_file(FileTree::Id id) {
  if (File file = remembered(id)) return file;
  const std::lock_guard lock(mutex_);
  if (!directory_) {
    if (!sys::try_stat_entry(extracted_, index_.diff_id.hex())) return nullptr;
    directory_ = sys::open_dir_entry(extracted_, index_.diff_id.hex());
  }
  File file;
  try {
    file = std::make_shared<const sys::Fd>(
        sys::open_strictly_beneath(directory_, tree_.path_of(id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;
    directory_.reset();  // the layer has been removed since; if it is only this file, the index lies
    return nullptr;
  }
  const struct stat info = sys::stat_of(*file);
  if (!S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) != tree_.find(id)->entry->entry.size)
    throw Error(ErrorKind::kCorrupt, "the unpacked file is not what the index says");
  if (files_.size() >= kMaxFiles) files_.clear();  // those in use live on
  files_.emplace(id, file);
  return file;
}

}  // namespace minibox::lazy
