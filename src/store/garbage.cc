// Garbage collection and leases of ImageStore: when nobody is about to use what is not named yet, mark what is referred
// to and sweep the rest.
#include <sys/stat.h>

#include "base/undo.h"
#include "store/image_store.h"
#include "sys/disk_usage.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

// Calls back for every entry of `directory` that is named like a digest and is not in `marked`. Anything else there is
// not ours to judge.
template <typename Remove>
void each_unmarked(const std::string& directory, const std::set<oci::Digest>& marked, Remove remove) {
  for (const std::string& name : sys::list_dir(directory)) {
    if (!oci::Digest::is_hex(name)) continue;
    const oci::Digest digest = oci::Digest::from_hex(name);
    if (!marked.contains(digest)) remove(digest);
  }
}

}  // namespace

ImageStore::Lease::Lease(const ImageStore& store) : store_(store) {
  std::unique_lock lock(store_.mutex_);
  store_.collected_.wait(lock, [&] { return !store_.collecting_; });
  ++store_.leases_;
}

ImageStore::Lease::~Lease() {
  store_.end_lease();
}

void ImageStore::end_lease() const {
  {
    const std::lock_guard lock(mutex_);
    if (--leases_ > 0 || !put_off_) return;
    put_off_ = false;
  }
  if (try_again_) try_again_();
}

bool ImageStore::try_begin_collection() {
  const std::lock_guard lock(mutex_);
  put_off_ = leases_ > 0 || collecting_;
  if (put_off_) return false;
  collecting_ = true;
  return true;
}

void ImageStore::end_collection() {
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    collecting_ = false;
    again = std::exchange(put_off_, false);
  }
  collected_.notify_all();
  if (again && try_again_) try_again_();
}

std::set<oci::Digest> ImageStore::reachable(const Keep& keep, bool named) const {
  std::set<oci::Digest> marked(keep.others.begin(), keep.others.end());
  const auto mark = [&](const oci::Digest& manifest) {
    // Nobody can use what a damaged image refers to.
    const ImagePointer image = try_load(manifest).image;
    marked.insert(manifest);
    if (!image) return;
    marked.insert(image->manifest.config.digest);
    for (const oci::Descriptor& layer : image->manifest.layers) {
      marked.insert(layer.digest);
      if (const auto index = named_index(layer)) marked.insert(*index);
    }
    marked.insert(image->diff_ids.begin(), image->diff_ids.end());
  };
  if (named) {
    for (const ImageIndex::Entry& entry : index_.list()) mark(entry.manifest.digest);
  }
  for (const oci::Digest& manifest : keep.manifests) mark(manifest);
  indexes_.mark(marked);
  return marked;
}

std::uint64_t ImageStore::disk_usage_of(const std::set<oci::Digest>& digests) const {
  std::uint64_t bytes = 0;
  for (const oci::Digest& digest : digests) {
    bytes += sys::disk_usage(root_.blob(digest)) + sys::disk_usage(root_.extracted_layer(digest));
  }
  return bytes;
}

ImageStore::Footprint ImageStore::footprint(const Keep& active, const std::vector<oci::Digest>& cached) const {
  std::set<oci::Digest> counted;
  const auto rest_of = [&](const std::set<oci::Digest>& digests) {
    std::set<oci::Digest> rest;
    for (const oci::Digest& digest : digests) {
      if (counted.insert(digest).second) rest.insert(digest);
    }
    return disk_usage_of(rest);
  };
  Footprint footprint;
  footprint.active_images = rest_of(reachable(active, false));
  footprint.other_images = rest_of(reachable({}, true));
  footprint.build_cache = rest_of({cached.begin(), cached.end()});
  return footprint;
}

std::uint64_t ImageStore::remove_leftovers() {
  std::uint64_t bytes = 0;
  for (const std::string& name : sys::list_dir(root_.tmp())) {
    const std::string path = root_.tmp() + "/" + name;
    // What is new others are at work on, without a lease: sys::set_aside() too says when.
    if (!sys::is_abandoned(path)) continue;
    bytes += sys::disk_usage(path);
    sys::remove_tree(path);
  }
  for (const std::string& folder : {root_.path(), root_.layers(), root_.indexes()}) {
    for (const std::string& name : sys::list_dir(folder)) {
      const std::string path = folder + "/" + name;
      if (!sys::is_unfinished_name(name) || !sys::is_abandoned(path)) continue;
      bytes += sys::disk_usage(path);
      sys::remove_file(path);
    }
  }
  return bytes;
}

GarbageReport ImageStore::sweep(const std::set<oci::Digest>& marked, std::vector<std::string>& detached) {
  GarbageReport report;
  each_unmarked(root_.blobs(), marked, [&](const oci::Digest& digest) {
    {
      const std::lock_guard lock(mutex_);
      cache_.erase(digest);
    }
    const auto info = sys::try_lstat(root_.blob(digest));
    if (!info || !blobs_.remove(digest)) return;
    ++report.blobs_removed;
    report.bytes_freed += static_cast<std::uint64_t>(info->st_size);
  });
  indexes_.sweep(marked);
  each_unmarked(root_.extracted(), marked, [&](const oci::Digest& diff_id) {
    detached.push_back(snapshots_.detach_layer(diff_id));
    ++report.layers_removed;
  });
  return report;
}

std::optional<GarbageReport> ImageStore::collect_garbage(const std::function<Keep()>& in_use, Measure measure) {
  if (!try_begin_collection()) return std::nullopt;
  std::vector<std::string> detached;
  GarbageReport report;
  {
    Undo end;  // whatever happens, leases may begin again
    end.push([&] { end_collection(); });
    report = sweep(reachable(in_use(), true), detached);
    if (measure == Measure::kAll) report.bytes_freed += remove_leftovers();
  }
  // The dear part, with nobody waiting for it. Under their names they are gone; a crash leaves them in tmp/.
  for (const std::string& directory : detached) {
    if (measure == Measure::kAll) report.bytes_freed += sys::disk_usage(directory);
    sys::remove_tree(directory);
  }
  return report;
}

}  // namespace minibox::store
