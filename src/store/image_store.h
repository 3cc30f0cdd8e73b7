// Images as the engine sees them: a name leads to a parsed manifest and config whose layers can be mounted.
//
// An image comes in through put_image() (the builder), import_layout() (load) or ensure_embedded(); blobs first, the
// name last, so a crash leaves at worst blobs without a name. Until the name is there a Lease keeps collect_garbage()
// away from what is new. Removing a name removes no data: collect_garbage() does, when no name, container or cache
// record needs it. Any thread may call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "oci/image_config.h"
#include "oci/index.h"
#include "oci/manifest.h"
#include "store/blob_store.h"
#include "store/data_root.h"
#include "store/image_index.h"
#include "store/overlay_snapshotter.h"

namespace minibox::store {

struct Image {  // immutable and shared; what it tells was verified against its digests
  oci::Digest manifest_digest;
  oci::Manifest manifest;
  oci::ImageConfig config;
  std::vector<oci::Digest> diff_ids;  // bottom first, one for each layer of the manifest
  std::uint64_t size_bytes = 0;       // manifest, config and layers as stored
};
using ImagePointer = std::shared_ptr<const Image>;

struct ImageEntry {  // a row of `minibox images`
  std::string name;  // as the user named it
  oci::Digest digest;
  std::uint64_t size_bytes = 0;
  std::string created;  // RFC 3339 or empty
};

struct GarbageReport {
  std::uint64_t blobs_removed = 0;
  std::uint64_t bytes_freed = 0;  // of blobs; unpacked layers are not measured
  std::uint64_t layers_removed = 0;
};

class ImageStore {
 public:
  // `snapshots` must outlive this.
  ImageStore(const DataRoot& root, OverlaySnapshotter& snapshots);
  ~ImageStore();

  const BlobStore& blobs() const { return blobs_; }

  // Null when there is no such image; kInvalid for a bad name. Parsed once, then answered from memory.
  ImagePointer resolve(const std::string& reference) const;
  ImagePointer resolve_digest(const oci::Digest& manifest) const;
  // Makes every layer available to the snapshotter; cheap when they are.
  void ensure_unpacked(const Image& image) const;
  std::vector<ImageEntry> list() const;  // by name

  // Writes config and manifest and gives the image its name, replacing what had it. The layers' blobs are stored
  // already; config_bytes has one diff_id for each.
  ImagePointer put_image(const std::string& name, std::string_view config_bytes, std::vector<oci::Descriptor> layers);
  bool remove(const std::string& reference);  // false when there is none

  // Stores the images of an OCI image layout tar; returns their names. `name` replaces the archive's own, which then
  // must hold one image. For an image of several platforms the one of this machine is taken.
  std::vector<std::string> import_layout(sys::Fd tar, const std::string& name = "");
  std::vector<std::string> import_layout(std::string_view tar, const std::string& name = "");
  // The image that comes with the program, at daemon start. Leaves an image of this name alone that came from
  // elsewhere.
  void ensure_embedded(const std::string& name, std::string_view tar);

  // While it lives nothing that was stored after its birth is garbage. Hold one from before the first blob is written
  // until the image has its name.
  class Lease {
   public:
    explicit Lease(const ImageStore& store);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    const ImageStore& store_;
    std::multiset<std::int64_t>::iterator start_;
  };

  // What else is in use, beside the named images.
  struct Keep {
    std::vector<oci::Digest> manifests;  // with all they refer to; containers' images
    std::vector<oci::Digest> others;     // blobs and diff_ids; containers' layers, LayerCache::referenced()
  };
  // Removes the blobs and unpacked layers that nothing refers to.
  GarbageReport collect_garbage(const Keep& keep);

 private:
  ImagePointer load(const oci::Digest& manifest) const;
  void check_complete(const Image& image) const;
  std::vector<std::string> name_imported(const oci::Index& index, const std::string& name);
  void put_name(const std::string& name, oci::Descriptor manifest, bool embedded);
  std::set<oci::Digest> reachable(const Keep& keep) const;
  std::int64_t oldest_lease() const;

  DataRoot root_;
  BlobStore blobs_;
  ImageIndex index_;
  OverlaySnapshotter& snapshots_;
  mutable std::mutex mutex_;  // of cache_ and leases_
  mutable std::map<oci::Digest, ImagePointer> cache_;
  mutable std::multiset<std::int64_t> leases_;  // when each began, nanoseconds of the clock of file times
  mutable std::mutex unpacking_;                // two starts of one new image unpack it once
};

}  // namespace minibox::store
