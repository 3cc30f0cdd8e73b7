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

class LayerContent {
 public:
  // Both must outlive this. `cache_bytes` bounds the uncompressed chunks that are kept; the last one always is.
  LayerContent(const LayerIndex& index, BlobRanges& ranges, std::size_t cache_bytes);
  ~LayerContent();

  // Fills `buffer` from [offset, offset + size), which lies within the archive. kCorrupt when the bytes are not what
  // the index says; what the ranges throw. What failed is tried again by the next read.
  void read(std::uint64_t offset, char* buffer, std::size_t size);

  class Cache;  // layer_content.cc

 private:
  const LayerIndex& index_;
  BlobRanges& ranges_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace minibox::store
