// A layer on its way in, stored and unpacked in one pass: the caller's thread hashes and writes the blob, others
// inflate the same bytes, hash what comes of that, and unpack it. Nothing of it has its final name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.h"
#include "oci/descriptor.h"
#include "store/blob_store.h"
#include "store/chunk_queue.h"
#include "store/data_root.h"
#include "store/layer_tar.h"
#include "sys/file.h"

namespace minibox::store {

// A whole layer without a name. Destroying it leaves nothing.
struct StagedLayer {
  std::optional<BlobWriter> blob;  // until it is committed
  oci::Descriptor descriptor;      // of the blob, with the media type of its compression
  oci::Digest diff_id;
  // Unpacked below upper/, as Snapshotter::commit() wants it; null when it could not be unpacked, or has been taken.
  std::unique_ptr<sys::TempDir> directory;
  std::optional<Error> damage;  // why it is no layer. Matters only when an image says it is one
};

// One thread writes: write() the blob's bytes, then finish(). Destroying it unfinished leaves nothing.
class LayerIntake {
 public:
  // `max_blob`: bytes of the blob itself. Without it as many as the layer may have uncompressed.
  LayerIntake(const DataRoot& root, const BlobStore& blobs, const LayerLimits& limits, std::uint64_t max_blob);
  LayerIntake(const DataRoot& root, const BlobStore& blobs, const LayerLimits& limits)
      : LayerIntake(root, blobs, limits, limits.max_bytes) {}
  ~LayerIntake();
  LayerIntake(const LayerIntake&) = delete;
  LayerIntake& operator=(const LayerIntake&) = delete;

  void write(std::string_view bytes);  // kExhausted when the blob itself gets too large
  std::uint64_t size() const { return blob_.size(); }
  StagedLayer finish();

 private:
  void unpack();

  const LayerLimits limits_;
  const std::uint64_t max_blob_;
  BlobWriter blob_;
  std::unique_ptr<sys::TempDir> directory_;
  std::string head_;  // the first bytes, which tell the compression
  std::string pending_;
  ChunkQueue queue_;
  oci::Digest diff_id_;
  std::optional<Error> damage_;
  std::jthread unpacker_;  // last: it uses what is above
};

}  // namespace minibox::store
