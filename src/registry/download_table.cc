#include "registry/download_table.h"

#include "base/error.h"

namespace minibox::registry {

DownloadTable::Claim DownloadTable::claim(const oci::Digest& digest, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!released_.wait(lock, stop, [&] { return !claimed_.contains(digest); })) {
    throw Error(ErrorKind::kCancelled, "cancelled");
  }
  claimed_.insert(digest);
  return {*this, digest};
}

void DownloadTable::release(const oci::Digest& digest) {
  {
    const std::lock_guard lock(mutex_);
    claimed_.erase(digest);
  }
  released_.notify_all();
}

}  // namespace minibox::registry
