// Garbage collection and leases of ImageStore: mark what is referred to, sweep the rest.
#include <sys/stat.h>

#include <ctime>

#include "base/error.h"
#include "store/image_store.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// The clock that file times are taken from; the precise one is ahead of it.
std::int64_t file_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

// Calls back for every entry of `directory` that is named like a digest, is not in `marked` and was last changed before
// `deadline`. Anything else there is not ours to judge.
template <typename Remove>
void sweep(const std::string& directory, const std::set<oci::Digest>& marked, std::int64_t deadline, Remove remove) {
  for (const std::string& name : sys::list_dir(directory)) {
    if (!oci::Digest::is_hex(name)) continue;
    const oci::Digest digest = oci::Digest::from_hex(name);
    if (marked.contains(digest)) continue;
    const auto info = sys::try_lstat(directory + "/" + name);
    if (!info) continue;
    // ctime: a rename into place counts as a change.
    const std::int64_t changed = info->st_ctim.tv_sec * kSecond + info->st_ctim.tv_nsec;
    if (changed < deadline) remove(digest, static_cast<std::uint64_t>(info->st_size));
  }
}

}  // namespace

ImageStore::Lease::Lease(const ImageStore& store) : store_(store) {
  const std::lock_guard lock(store_.mutex_);
  start_ = store_.leases_.insert(file_clock());
}

ImageStore::Lease::~Lease() {
  const std::lock_guard lock(store_.mutex_);
  store_.leases_.erase(start_);
}

std::int64_t ImageStore::oldest_lease() const {
  const std::lock_guard lock(mutex_);
  return leases_.empty() ? file_clock() : *leases_.begin();
}

std::set<oci::Digest> ImageStore::reachable(const Keep& keep) const {
  std::set<oci::Digest> marked(keep.others.begin(), keep.others.end());
  const auto mark = [&](const oci::Digest& manifest) {
    const ImagePointer image = resolve_digest(manifest);
    if (!image) return;
    marked.insert(manifest);
    marked.insert(image->manifest.config.digest);
    for (const oci::Descriptor& layer : image->manifest.layers) marked.insert(layer.digest);
    marked.insert(image->diff_ids.begin(), image->diff_ids.end());
  };
  for (const ImageIndex::Entry& entry : index_.list()) mark(entry.manifest.digest);
  for (const oci::Digest& manifest : keep.manifests) mark(manifest);
  return marked;
}

GarbageReport ImageStore::collect_garbage(const Keep& keep) {
  // First: what is stored while we mark is newer than this moment, and stays.
  const std::int64_t deadline = oldest_lease();
  const std::set<oci::Digest> marked = reachable(keep);
  GarbageReport report;
  sweep(root_.blobs(), marked, deadline, [&](const oci::Digest& digest, std::uint64_t size) {
    {
      const std::lock_guard lock(mutex_);
      cache_.erase(digest);
    }
    if (!sys::remove_file(root_.blob(digest))) return;
    ++report.blobs_removed;
    report.bytes_freed += size;
  });
  sweep(root_.extracted(), marked, deadline, [&](const oci::Digest& diff_id, std::uint64_t) {
    snapshots_.remove_layer(diff_id);
    ++report.layers_removed;
  });
  return report;
}

}  // namespace minibox::store
