// Makes the index of a layer: of a blob that is there, whoever made it. Layers made here get the same one while they
// are written (layer_sink.h). Where chunks begin follows from the blob's bytes alone.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "oci/digest.h"
#include "store/layer_chunk_list.h"
#include "store/layer_index.h"
#include "store/layer_listing.h"
#include "sys/fd.h"

namespace minibox::store {

// Uncompressed bytes of each gzip member of a layer made here, and of each chunk of a plain tar. A smaller part of a
// file is fetched with fewer bytes, a larger one compresses better.
inline constexpr std::uint64_t kMemberSize = 2u << 20;

struct IndexAttempt {
  std::optional<LayerIndex> index;
  std::string why_not;  // there is none: what in the layer an index can't say
};

// Reads the blob from the file's position to its end. kCorrupt when it is damaged, kCancelled soon after `stop` is
// requested. What could not be unpacked for its size has no index. Any thread.
IndexAttempt make_layer_index(const sys::Fd& blob, const oci::Digest& digest, const std::stop_token& stop = {},
                              const LayerLimits& limits = {});

// The index once all parts of it are known.
IndexAttempt put_together(LayerIndex head, LayerChunkList& chunks, LayerListing listing);

}  // namespace minibox::store
