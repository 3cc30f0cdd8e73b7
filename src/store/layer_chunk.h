// A chunk of a layer from its range of the blob (layer_index.h). Pure function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/layer_index.h"

namespace minibox::store {

// Where the range begins: a chunk in the middle of a gzip stream needs some bits of the byte before.
inline std::uint64_t blob_begin(const LayerChunk& chunk) {
  return chunk.blob_offset - (chunk.bits > 0 ? 1 : 0);
}

// The `size` uncompressed bytes, whose digest is the index's. `bytes`: [blob_begin(chunk), chunk.blob_end) of the blob.
// kCorrupt when they are not what the index says.
std::string decode_chunk(Compression compression, const LayerChunk& chunk, std::string bytes, std::uint64_t size);

}  // namespace minibox::store
