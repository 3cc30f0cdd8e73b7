#include "lazy/blob_source.h"

#include "base/error.h"
#include "sys/entry.h"

namespace minibox::lazy {

std::string RemoteSources::read_range(const oci::Descriptor& blob, std::uint64_t offset, size_t size) {
  const size_t first = best_;
  for (size_t i = 0; i < clients_.size(); ++i) {
    const size_t which = (first + i) % clients_.size();
    try {
      std::string bytes = clients_[which]->read_range(blob, offset, size, stop_, [](const registry::RetryNotice&) {});
      best_ = which;
      return bytes;
    } catch (const Error&) {
      if (i + 1 == clients_.size()) throw;
    }
  }
  throw Error(ErrorKind::kUnavailable, "no registry to ask");
}

BlobSource::BlobSource(const sys::Fd& blobs, oci::Descriptor blob, RemoteSources& remote)
    : blobs_(blobs), blob_(std::move(blob)), remote_(remote) {}

store::BlobRanges* BlobSource::stored() {
  const std::lock_guard lock(mutex_);
  if (!file_ && sys::try_stat_entry(blobs_, blob_.digest.hex())) {
    // Under this name it is whole, and never changes.
    file_ = std::make_unique<store::FileRanges>(sys::open_regular_entry(blobs_, blob_.digest.hex()));
  }
  return file_.get();
}

std::string BlobSource::read(std::uint64_t offset, std::size_t size) {
  store::BlobRanges* file = stored();
  return file == nullptr ? remote_.read_range(blob_, offset, size) : file->read(offset, size);
}

}  // namespace minibox::lazy
