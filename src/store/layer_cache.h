// The build cache: which layer came of which block, by the block's Merkle key. One small file a record,
// layers/<key>.json; losing one costs a rebuild, so they are not fsynced. Records are kept until clear(); while
// one is there its layer is not garbage. Any thread may call.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/blob_store.h"
#include "store/data_root.h"
#include "store/layer_tar.h"

namespace minibox::store {

class LayerCache {
 public:
  LayerCache(const DataRoot& root, BlobStore blobs) : root_(root), blobs_(std::move(blobs)) {}

  struct Lookup {
    std::optional<Layer> layer;
    bool damaged = false;  // a record was there, but its blob or unpacked layer is damaged or gone: build it again
  };
  // The first find() of a layer in a process reads the whole blob, to see that it is what its digest says.
  Lookup find(const std::string& key) const;  // `key`: 64 hex digits
  void put(const std::string& key, const Layer& layer) const;

  std::vector<std::string> keys() const;
  size_t clear() const;  // -> how many records there were
  // Digests and diff_ids of all readable records, for ImageStore::collect_garbage.
  std::vector<oci::Digest> referenced() const;

 private:
  std::string path(const std::string& key) const;  // kInvalid
  Lookup read(const std::string& key) const;       // the record alone

  DataRoot root_;
  BlobStore blobs_;
};

}  // namespace minibox::store
