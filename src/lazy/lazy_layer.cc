#include "lazy/lazy_layer.h"

#include <sys/stat.h>

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "lazy/fuse_mount.h"
#include "sys/entry.h"

namespace minibox::lazy {
namespace {

constexpr size_t kMaxComplaints = 100;

store::LayerIndex parse_index(const LayerConfig& config, const std::string& bytes) {
  store::LayerIndex index = store::LayerIndex::parse(bytes);
  if (index.blob != config.blob.digest || index.blob_size != config.blob.size || index.diff_id != config.diff_id)
    throw Error(ErrorKind::kCorrupt, "the index is not of this layer");
  return index;
}

// Beyond this average, files are opened by way of the server, to be read past it. The question costs about 26 us an
// open; reading 256 KiB from the pages of the unpacked file, which are large, saves as much over FUSE's pages of 4 KiB
// (Linux 6.18, when both are in memory).
constexpr std::uint64_t kLargeFile = 256u << 10;

bool has_large_files(const store::LayerIndex& index) {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  for (const store::IndexedEntry& entry : index.entries) {
    if (!S_ISREG(entry.entry.mode) || entry.entry.hard_link) continue;
    ++files;
    bytes += entry.entry.size;
  }
  return files > 0 && bytes / files >= kLargeFile;
}

}  // namespace

LazyLayer::LazyLayer(const LayerConfig& config, const std::string& index, sys::Fd device, std::uint32_t device_number,
                     const Surroundings& surroundings)
    : surroundings_(surroundings),
      device_(std::move(device)),
      index_(parse_index(config, index)),
      tree_(index_),
      blob_(surroundings.blobs, config.blob, surroundings.remote),
      content_(index_, blob_, surroundings.chunks),
      files_(index_, tree_, content_, surroundings.extracted),
      source_{
          device_,
          [this](const FileRead& read, char* buffer) { return files_.read(read.file, read.offset, buffer, read.size); },
          [this](FileTree::Id file, const std::string& why) { complain(file, why); }},
      view_(
          device_, tree_, open_files(config, device_number),
          [this](const FileRead& read) { surroundings_.pool.post(source_, read); },
          [this](std::uint64_t unique) { surroundings_.pool.interrupt(source_, unique); }) {}

OpenFiles* LazyLayer::open_files(const LayerConfig& config, std::uint32_t device_number) {
  const bool wanted = surroundings_.backing.is_there() && has_large_files(index_);
  if (!shake_hands(device_, wanted) || !can_back(config, device_number)) return nullptr;
  return &opens_.emplace(files_, surroundings_.backing, device_number, [this](const std::string& line) { log(line); });
}

// Tried with a file that is here: once the kernel opens files alone there is no way back.
bool LazyLayer::can_back(const LayerConfig& config, std::uint32_t device_number) {
  BackingProcess& backing = surroundings_.backing;
  try {
    const sys::Fd file = sys::open_regular_entry(surroundings_.blobs, config.index.hex());
    backing.close(device_number, backing.open(device_number, file));
    return true;
  } catch (const Error& error) {
    log("large files are read through the page cache of FUSE: " + error.text());
    backing.end();  // it would be the same for the others
    return false;
  }
}

void LazyLayer::end() {
  if (opens_) opens_->end();
  files_.close_files();
}

void LazyLayer::log(const std::string& line) const {
  surroundings_.log("lazy layer " + index_.diff_id.short_hex() + ": " + line);
}

// Once for each cause: whoever reads tries again and again.
void LazyLayer::complain(FileTree::Id file, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (complaints_.size() >= kMaxComplaints || !complaints_.insert(why).second) return;
  }
  log(quote("/" + tree_.path_of(file)) + " can't be read: " + why);
}

}  // namespace minibox::lazy
