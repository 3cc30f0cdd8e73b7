// Images as the engine sees them: a name leads to a parsed manifest and config whose layers can be mounted.
//
// An image comes in through put_image() (the builder), add_image() (a registry), load_archive() or
// ensure_embedded(); blobs first, the name last, so a crash leaves at worst blobs without a name. Removing a name
// removes no data: collect_garbage() does, when no name, container or cache record needs it and nobody holds a Lease.
// An image whose manifest or config can't be read is damaged: it is listed as that, stands in nobody's way, and can be
// removed or built anew. Any thread may call.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/claim_table.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "store/archived_images.h"
#include "store/blob_store.h"
#include "store/data_root.h"
#include "store/image_index.h"
#include "store/layer_indexes.h"
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
  std::string damage;   // why it can't be used; empty when it can. Size and time are unknown then
};

struct GarbageReport {
  std::uint64_t blobs_removed = 0;
  std::uint64_t bytes_freed = 0;  // of blobs; of unpacked layers and leftovers too when they were to be measured
  std::uint64_t layers_removed = 0;
};

class ImageStore {
 public:
  // `snapshots` must outlive this.
  ImageStore(const DataRoot& root, OverlaySnapshotter& snapshots);
  ~ImageStore();

  const BlobStore& blobs() const { return blobs_; }
  LayerIndexes& indexes() { return indexes_; }
  const LayerIndexes& indexes() const { return indexes_; }

  // `reference` is a name or an id (ImageIndex::find) from here to tag() unless said otherwise.
  // Null when there is no such image; kInvalid for a bad name. Parsed once, then answered from memory.
  ImagePointer resolve(const std::string& reference) const;
  ImagePointer try_resolve(const std::string& reference) const;  // null for a damaged image as well
  // Which manifest a name stands for, whether it can be read or not.
  std::optional<oci::Digest> find(const std::string& reference) const;
  // The name itself; of an id all names of its image. Empty when there is no such image.
  std::vector<std::string> names_meant(const std::string& reference) const;
  ImagePointer resolve_digest(const oci::Digest& manifest) const;
  // Makes every layer available to the snapshotter; cheap when they are.
  void ensure_unpacked(const Image& image, const std::stop_token& stop = {}) const;
  // One of them; kCancelled soon after `stop` is requested. False: a layer of this diff_id is there, and the blob was
  // not looked at.
  bool unpack_layer(const oci::Descriptor& layer, const oci::Digest& diff_id, const std::stop_token& stop = {}) const;
  std::vector<ImageEntry> list() const;  // by name

  // Writes config and manifest and gives the image its name, replacing what had it. The layers' blobs are stored
  // already; config_bytes has one diff_id for each. The manifest names the layers' indexes, which are made now unless
  // they are there, so that it never depends on what was made before. kCancelled soon after `stop` is requested: then
  // nothing has got the name.
  ImagePointer put_image(const std::string& name, std::string_view config_bytes, std::vector<oci::Descriptor> layers,
                         const std::stop_token& stop = {});
  // Gives a name to an image from elsewhere, whose manifest, config and layers are stored as they came. `requested` is
  // the digest that the name stands for there, `repository` where it came from: "registry/path".
  struct Origin {
    oci::Digest requested;
    std::string repository;
    bool only_if_free = false;  // the name is left alone when it stands for an image already
  };
  // Whether put_image() does so. Set before there are other threads.
  void name_indexes(bool on) { name_indexes_ = on; }
  ImagePointer add_image(const std::string& name, const oci::Descriptor& manifest, const Origin& origin);
  // Gives an image one more name. kNotFound; kInvalid.
  void tag(const std::string& reference, const std::string& name);
  // After a push: the repository of this name has all blobs of the image. No-op when the name has gone to another one
  // meanwhile.
  void remember_pushed(const std::string& reference, const oci::Digest& manifest);
  // A repository of `registry` that has this blob, without the registry's name; "" when none is known.
  std::string repository_with(const oci::Digest& blob, const std::string& registry) const;
  bool remove(const std::string& name);  // no id; false when there is none

  // image_load.cc. Reads an archive of images (archived_images.h) to its end and names them; nothing is stored before
  // all of it has come and fits together. An image of the archive without a name gets `name`, which may only be given
  // when the archive holds one image, and then replaces that one's own. Answers with the names.
  std::vector<std::string> load_archive(ByteSource source, const std::string& name);
  // What was loaded is unpacked too, but not yet safe against a power cut, which would be waited for. Makes it so.
  void settle();

  // image_save.cc. What `minibox save` writes, in this order: the documents of all three forms, then each blob once.
  struct Archive {
    std::vector<std::pair<std::string, std::string>> documents;  // path and content
    std::vector<oci::Descriptor> blobs;                          // at ImageArchive::blob_path()
  };
  Archive plan_archive(const std::vector<std::string>& references) const;  // kNotFound; the caller holds a lease

  // The image that comes with the program, at daemon start: put there, or put right when it is damaged. Leaves an image
  // of this name alone that came from elsewhere.
  void ensure_embedded(const std::string& name, std::string_view tar);

  // While one lives nothing is collected. Hold one from before an image is looked up, or the first blob written, until
  // name, container record or cache record say that it is in use. To make one waits for a collection that is at work;
  // one thread may hold several.
  class Lease {
   public:
    explicit Lease(const ImageStore& store);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    const ImageStore& store_;
  };

  // What else is in use, beside the named images.
  struct Keep {
    std::vector<oci::Digest> manifests;  // with all they refer to; containers' images
    std::vector<oci::Digest> others;     // blobs and diff_ids; containers' layers, LayerCache::referenced()
  };
  // Removes the blobs and unpacked layers that nothing refers to. `in_use` is asked once no lease can begin any more.
  // Nothing is done, and the answer is empty, while somebody holds a lease or collects: then on_put_off()'s function is
  // called as soon as it is worth trying again. The caller holds no lease.
  enum class Measure { kBlobs, kAll };  // kAll walks every directory before it is removed
  std::optional<GarbageReport> collect_garbage(const std::function<Keep()>& in_use, Measure measure = Measure::kBlobs);

  // What lies on the disk and what it is for; by kind of use, each blob and unpacked layer counted once.
  struct Footprint {
    std::uint64_t active_images = 0;  // what the images of Keep::manifests and those layers of Keep::others need
    std::uint64_t other_images = 0;   // and what only other images need
    std::uint64_t build_cache = 0;    // the rest of `cached`
  };
  Footprint footprint(const Keep& active, const std::vector<oci::Digest>& cached) const;
  // Called on the thread whose lease or collection was in the way; must not throw. Set before there are other threads.
  void on_put_off(std::function<void()> try_again) { try_again_ = std::move(try_again); }

 private:
  ImagePointer load(const oci::Digest& manifest) const;
  // An image, or why it is damaged. Errors that say nothing about the image itself are thrown.
  struct Loaded {
    ImagePointer image;
    std::string damage;
  };
  Loaded try_load(const oci::Digest& manifest) const;
  std::optional<oci::Digest> missing_layer(const Image& image) const;  // or damaged
  void check_complete(const Image& image) const;                       // kCorrupt
  using Annotations = std::map<std::string, std::string>;
  void put_name(const std::string& name, oci::Descriptor manifest, Annotations annotations = {},
                ImageIndex::Put how = ImageIndex::Put::kReplace);
  void store(ArchivedImage& image);
  void name_index(oci::Descriptor& layer, const std::stop_token& stop);
  void keep_unpacked(StagedLayer& layer);
  bool take_unpacked(const oci::Digest& diff_id) const;                 // of what was loaded
  std::set<oci::Digest> reachable(const Keep& keep, bool named) const;  // `named`: from the index too
  std::uint64_t disk_usage_of(const std::set<oci::Digest>& digests) const;
  std::uint64_t remove_leftovers();  // of tmp/ and of replaced files; while nobody holds a lease; -> bytes
  GarbageReport sweep(const std::set<oci::Digest>& marked, std::vector<std::string>& detached);
  void end_lease() const;
  bool try_begin_collection();
  void end_collection();

  DataRoot root_;
  BlobStore blobs_;
  ImageIndex index_;
  OverlaySnapshotter& snapshots_;
  LayerIndexes indexes_;
  bool name_indexes_ = true;
  std::function<void()> try_again_;
  mutable std::mutex mutex_;  // of what follows
  mutable std::map<oci::Digest, ImagePointer> cache_;
  mutable std::condition_variable collected_;
  mutable int leases_ = 0;
  mutable bool collecting_ = false;
  mutable bool put_off_ = false;             // somebody wanted to collect meanwhile
  mutable ClaimTable<oci::Digest> unpacks_;  // by diff_id: two starts of one new image unpack it once
  mutable std::mutex unpacking_;             // of what follows
  mutable std::map<oci::Digest, std::unique_ptr<sys::TempDir>> unpacked_;  // by diff_id, until settle()
};

}  // namespace minibox::store
