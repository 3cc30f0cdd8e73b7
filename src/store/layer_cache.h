// The build cache: which layer came of which block, by the block's Merkle key. One small file a record,
// layers/<key>.json; losing one costs a rebuild, so they are not fsynced. Any thread may call.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/blob_store.h"
#include "store/data_root.h"
#include "store/layer_tar.h"

namespace minibox::store {

class LayerCache {
 public:
  explicit LayerCache(const DataRoot& root) : root_(root), blobs_(root) {}

  struct Lookup {
    std::optional<Layer> layer;
    bool damaged = false;  // a record was there, but its blob or unpacked layer is not: build it again
  };
  Lookup find(const std::string& key) const;  // `key`: 64 hex digits
  void put(const std::string& key, const Layer& layer) const;
  bool remove(const std::string& key) const;

  std::vector<std::string> keys() const;
  // Digests and diff_ids of all records, for ImageStore::collect_garbage.
  std::vector<oci::Digest> referenced() const;

 private:
  std::string path(const std::string& key) const;  // kInvalid

  DataRoot root_;
  BlobStore blobs_;
};

}  // namespace minibox::store
