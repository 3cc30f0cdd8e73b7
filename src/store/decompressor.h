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
  explicit Decompressor(ByteSource source);
  explicit Decompressor(sys::Fd blob);
  ~Decompressor();

  std::string_view next();  // valid until the next call; empty at the end

  class Codec;  // decompressor.cc

 private:
  std::unique_ptr<Codec> codec_;
};

}  // namespace minibox::store
