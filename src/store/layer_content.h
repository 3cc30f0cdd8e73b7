// Reads any part of a layer's uncompressed archive through its index: fetches and decompresses the chunks it lies in,
// checks their digests, keeps the last ones. Any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "store/layer_index.h"
#include "sys/fd.h"

namespace minibox::store {

// The blob's bytes, wherever they are: a file, or a registry that is asked for a range.
class BlobRanges {
 public:
  virtual ~BlobRanges() = default;
  // All of [offset, offset + size). Any thread. kUnavailable, kTimeout, kCorrupt (shorter than that).
  virtual std::string read(std::uint64_t offset, std::size_t size) = 0;
};

class FileRanges : public BlobRanges {
 public:
  explicit FileRanges(sys::Fd file) : file_(std::move(file)) {}
  std::string read(std::uint64_t offset, std::size_t size) override;

 private:
  const sys::Fd file_;
};

// The chunks that are kept, of one layer or of many together, and the memory for those that are made. Any thread.
class ChunkCache;
// `max_bytes` bounds the uncompressed chunks that are kept; the last one always is.
std::shared_ptr<ChunkCache> make_chunk_cache(std::size_t max_bytes);

class LayerContent {
 public:
  // Both must outlive this.
  LayerContent(const LayerIndex& index, BlobRanges& ranges, std::shared_ptr<ChunkCache> cache);
  LayerContent(const LayerIndex& index, BlobRanges& ranges, std::size_t cache_bytes)
      : LayerContent(index, ranges, make_chunk_cache(cache_bytes)) {}
  ~LayerContent();

  // Fills `buffer` from [offset, offset + size), which lies within the archive. kCorrupt when the bytes are not what
  // the index says; what the ranges throw. What failed is tried again by the next read.
  void read(std::uint64_t offset, char* buffer, std::size_t size);

 private:
  std::string make_chunk(std::size_t number);

  const LayerIndex& index_;
  BlobRanges& ranges_;
  const std::shared_ptr<ChunkCache> cache_;
  const std::uint64_t number_;  // of this among those that share the cache
};

}  // namespace minibox::store
