// What a tar of images holds, read in one pass as it comes, and nothing of it named yet. Whatever form it has (OCI
// image layout, docker-archive, the one with meta.json), it is made of documents and layers; archived_images.h finds
// the images in them. The archive is hostile: every blob is verified against its name, members that are no files, lead
// outside or come twice are refused, and everything is bounded.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "oci/digest.h"
#include "oci/index.h"
#include "store/blob_store.h"
#include "store/byte_source.h"
#include "store/data_root.h"
#include "store/layer_intake.h"

namespace minibox::store {

struct ArchiveLimits {
  std::uint64_t max_members = 100'000;
  std::uint64_t max_bytes = 64ull << 30;       // of all members together
  std::uint64_t max_remembered = 32ull << 20;  // of names and documents together
  LayerLimits layer;
};

using StagedLayerPointer = std::shared_ptr<StagedLayer>;

struct ImageArchive {
  std::map<std::string, std::string> documents;  // by path: members that are small and no layers
  std::map<std::string, StagedLayerPointer>
      layers;                                // by path: members whose first bytes are a tar's, or gzip's or zstd's
  std::map<std::string, std::string> links;  // path to path: docker save stores a layer once

  // With links followed; null when there is none.
  const std::string* document(const std::string& path) const;
  StagedLayerPointer layer(const std::string& path) const;
  std::string resolve(const std::string& path) const;  // empty when links go round in circles
  static std::string blob_path(const oci::Digest& digest) { return "blobs/sha256/" + digest.hex(); }
};

// `source`: the tar, which may be compressed itself. kCorrupt, kExhausted; what `source` throws.
ImageArchive read_image_archive(ByteSource source, const DataRoot& root, const BlobStore& blobs,
                                const ArchiveLimits& limits = {});

ByteSource bytes_of(std::string_view bytes);  // which must live as long

// The index.json of a layout alone, without reading or storing the rest. Cheap when it stands near the beginning.
oci::Index read_layout_index(std::string_view tar);

}  // namespace minibox::store
