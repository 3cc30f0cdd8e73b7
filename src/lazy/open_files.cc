#include "lazy/open_files.h"

#include "base/error.h"

namespace minibox::lazy {

FuseOpenAnswer OpenFiles::open(FileTree::Id id) {
  File& file = file_of(id);
  if (file.opens++ == 0) idle_.erase(file.idle_since);
  // What the cache has of a file that passes now is of no use to anybody: it is not asked to keep it.
  if (file.backing) return {.flags = kFopenPassthrough | FOPEN_NOFLUSH, .backing = *file.backing};
  return {.flags = FOPEN_KEEP_CACHE | FOPEN_NOFLUSH};
}

OpenFiles::File& OpenFiles::file_of(FileTree::Id id) {
  const auto found = open_.find(id);
  if (found != open_.end()) return found->second;
  const std::optional<std::int32_t> backing = find_backing(id);
  if (backing) ++backings_;
  return open_[id] = File{.backing = backing};
}

std::optional<std::int32_t> OpenFiles::find_backing(FileTree::Id id) {
  if (given_up_) return std::nullopt;
  try {
    const LayerFiles::File file = files_.unpacked_file(id);
    if (file == nullptr || !make_room()) return std::nullopt;
    return process_.open(device_, *file);
  } catch (const Error& error) {
    given_up_ = true;
    log_("its files are read through the page cache of FUSE from now on: " + error.text());
    return std::nullopt;
  }
}

// A file that is opened again and again costs no more than the question. False when all are in use.
bool OpenFiles::make_room() {
  if (backings_ < kMaxBackings) return true;
  if (idle_.empty()) return false;
  const auto file = open_.find(idle_.begin()->second);
  process_.close(device_, *file->second.backing);
  open_.erase(file);
  idle_.erase(idle_.begin());
  --backings_;
  return true;
}

void OpenFiles::release(FileTree::Id id) {
  const auto found = open_.find(id);
  if (found == open_.end() || found->second.opens == 0) return;
  File& file = found->second;
  if (--file.opens > 0) return;
  if (!file.backing) {
    open_.erase(found);
  } else {
    file.idle_since = ++clock_;
    idle_[file.idle_since] = id;
  }
}

void OpenFiles::end() {
  for (const auto& [id, file] : open_) {
    if (file.backing) process_.close(device_, *file.backing);
  }
  open_.clear();
  idle_.clear();
  backings_ = 0;
}

}  // namespace minibox::lazy
