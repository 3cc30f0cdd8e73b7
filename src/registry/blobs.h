// Where blobs come from and go to: the registry layer's own view of a store, which the engine provides. Any thread may
// call the interfaces' makers; a reader or writer belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "oci/descriptor.h"

namespace minibox::registry {

// Of a compressed layer, in bytes: more than any can have that may be unpacked here.
inline constexpr std::uint64_t kMaxLayerBlob = 16ull << 30;

// A blob on its way in. Destroyed uncommitted it leaves nothing.
class BlobDownload {
 public:
  virtual ~BlobDownload() = default;
  virtual void write(std::string_view bytes) = 0;
  virtual std::uint64_t size() const = 0;  // bytes written so far
  // Makes it durable and known. kCorrupt unless digest and size are the descriptor's.
  virtual void commit() = 0;
};

class BlobSink {
 public:
  virtual ~BlobSink() = default;
  virtual bool has(const oci::Descriptor& blob) = 0;  // whole: size and content
  virtual std::unique_ptr<BlobDownload> begin(const oci::Descriptor& blob) = 0;
  virtual std::string read(const oci::Descriptor& blob) = 0;  // of a config that is there
  virtual void put(const oci::Descriptor& manifest, std::string_view bytes) = 0;
  // Layers are unpacked as soon as they are there. Called from several threads; kCancelled when `stop` is requested.
  // unpack(): whether the blob was found to hold the layer; false when one of this diff_id was there already.
  virtual bool is_unpacked(const oci::Digest& diff_id) = 0;
  virtual bool unpack(const oci::Descriptor& layer, const oci::Digest& diff_id, const std::stop_token& stop) = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual size_t read(char* buffer, size_t size) = 0;  // 0 at the end
};

class BlobSource {
 public:
  virtual ~BlobSource() = default;
  virtual std::unique_ptr<BlobReader> open(const oci::Descriptor& blob) = 0;  // kNotFound, kCorrupt
};

}  // namespace minibox::registry
