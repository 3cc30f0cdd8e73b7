#include "lazy/blob_source.h"

#include "base/error.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::lazy {

std::string RemoteSources::read_range(const oci::Descriptor& blob, std::uint64_t offset, size_t size) {
  const size_t first = best_;
  for (size_t i = 0; i < clients_.size(); ++i) {
    const size_t which = (first + i) % clients_.size();
    try {
      std::string bytes =
          clients_[which]->read_range(blob, offset, size, {}, [](const registry::RetryNotice&) {});
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

const sys::Fd* BlobSource::stored() {
  const std::lock_guard lock(mutex_);
  if (!file_ && sys::try_stat_entry(blobs_, blob_.digest.hex())) {
    file_ = sys::open_regular_entry(blobs_, blob_.digest.hex());  // under this name it is whole, and never changes
  }
  return file_ ? &file_ : nullptr;
}

std::string BlobSource::read(std::uint64_t offset, std::size_t size) {
  const sys::Fd* file = stored();
  if (file == nullptr) return remote_.read_range(blob_, offset, size);
  std::string bytes(size, '\0');
  for (size_t done = 0; done < size;) {
    const size_t got = sys::read_some_at(*file, bytes.data() + done, size - done, offset + done);
    if (got == 0) throw Error(ErrorKind::kCorrupt, "the stored blob is cut short");
    done += got;
  }
  return bytes;
}

}  // namespace minibox::lazy
