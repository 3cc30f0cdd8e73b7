// The uncompressed bytes of a layer blob: gzip (several members too), zstd or neither, told by its first bytes, because
// media types lie. The input is hostile: kCorrupt when it is damaged or cut short. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "store/byte_source.h"
#include "sys/fd.h"

namespace minibox::store {

enum class Compression { kNone, kGzip, kZstd };
// Told by the first four bytes.
Compression compression_of(std::string_view head);

class Decompressor {
 public:
  // Reads at once, to tell the compression.
  explicit Decompressor(ChunkSource source);
  explicit Decompressor(ByteSource source);
  explicit Decompressor(sys::Fd blob);
  ~Decompressor();

  Compression compression() const { return compression_; }
  // Valid until the next call; empty at the end. Of what is not compressed, the source's own chunks.
  std::string_view next();

  class Codec;  // decompressor.cc

 private:
  Compression compression_ = Compression::kNone;
  std::unique_ptr<Codec> codec_;
};

}  // namespace minibox::store
