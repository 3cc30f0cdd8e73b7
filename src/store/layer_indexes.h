// Which index each layer has (layer_index.h): a small file a layer, indexes/<hex of its blob>, with the digest of the
// index's blob, or why there can be none. Losing one costs making the index again, so they are not fsynced. While a
// layer's blob is kept its index is. Any thread may call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/claim_table.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"
#include "store/blob_store.h"
#include "store/data_root.h"
#include "store/layer_index.h"
#include "store/layer_indexer.h"

namespace minibox::store {

class LayerIndexes {
 public:
  // What `hold` answers with keeps new blobs from being collected before a layer's file names them.
  using Hold = std::function<std::shared_ptr<const void>()>;
  LayerIndexes(const DataRoot& root, BlobStore blobs, Hold hold);

  struct Known {
    oci::Digest index;    // of the blob, which is there; empty when there can be none
    std::string why_not;  // then
  };
  std::optional<Known> find(const oci::Digest& layer) const;  // by its blob; nothing: never made, or lost
  // The index itself. kNotFound, kCorrupt.
  LayerIndex read(const oci::Digest& index) const;

  // Those that the manifest names and that are here, undamaged: what goes along when the image leaves. A foreign
  // manifest may name any blob: only what is the index of that very layer counts.
  std::vector<oci::Descriptor> named_by(const oci::Manifest& manifest) const;

  // Of a layer that was just written. The caller holds a lease.
  void put(const oci::Digest& layer, const IndexAttempt& made);
  // Makes it unless it is known and undamaged. Of several who ask at a time one does, the others wait. The layer's blob
  // is there. kCorrupt when it is damaged; kCancelled soon after `stop` is requested.
  Known ensure(const oci::Digest& layer, const std::stop_token& stop = {});

  // Whether `named`, which a manifest names for it, tells of the layer what it holds: beside the one that ensure()
  // makes. Both blobs are there. What ensure() throws.
  bool tells_truth(const oci::Digest& named, const oci::Digest& layer, const std::stop_token& stop);

  // For collecting garbage: adds the indexes of the marked layers; and forgets those of the others.
  void mark(std::set<oci::Digest>& marked) const;
  void sweep(const std::set<oci::Digest>& marked) const;

 private:
  std::optional<oci::Descriptor> whole(const oci::Digest& index) const;  // nothing when it is gone or damaged
  bool is_of(const oci::Digest& index, const oci::Digest& layer) const;
  std::string path(const oci::Digest& layer) const { return root_.indexes() + "/" + layer.hex(); }
  template <typename Action>
  void each(Action action) const;

  DataRoot root_;
  BlobStore blobs_;
  Hold hold_;
  ClaimTable<oci::Digest> under_way_;  // by layer
};

}  // namespace minibox::store
