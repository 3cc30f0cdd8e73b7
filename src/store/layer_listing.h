// The entries of a layer's archive, for its index (layer_index.h). The archive is hostile. One thread.
#pragma once

#include <string>
#include <vector>

#include "store/byte_source.h"
#include "store/layer_index.h"
#include "store/layer_tar.h"

namespace minibox::store {

struct LayerListing {
  std::vector<IndexedEntry> entries;
  std::string why_not;  // not empty: the archive has what an index can't say, or is damaged
};

// Reads the archive to its end, whatever is in it. What `archive` throws; kExhausted when there is no memory.
LayerListing list_layer(const ChunkSource& archive, const LayerLimits& limits = {});

}  // namespace minibox::store
