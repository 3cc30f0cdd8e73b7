#include "lazy/lazy_layer.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace minibox::lazy {
namespace {

constexpr size_t kMaxComplaints = 100;

store::LayerIndex parse_index(const LayerConfig& config, const std::string& bytes) {
  store::LayerIndex index = store::LayerIndex::parse(bytes);
  if (index.blob != config.blob.digest || index.blob_size != config.blob.size || index.diff_id != config.diff_id)
    throw Error(ErrorKind::kCorrupt, "the index is not of this layer");
  return index;
}

}  // namespace

LazyLayer::LazyLayer(const LayerConfig& config, std::string index, sys::Fd device, const Surroundings& surroundings)
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
          device_, tree_, [this](const FileRead& read) { surroundings_.pool.post(source_, read); },
          [this](std::uint64_t unique) { surroundings_.pool.interrupt(source_, unique); }) {}

// Once for each cause: whoever reads tries again and again.
void LazyLayer::complain(FileTree::Id file, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (complaints_.size() >= kMaxComplaints || !complaints_.insert(why).second) return;
  }
  surroundings_.log("lazy layer " + index_.diff_id.short_hex() + ": " + quote("/" + tree_.path_of(file)) +
                    " can't be read: " + why);
}

}  // namespace minibox::lazy
