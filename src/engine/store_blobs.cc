#include "engine/store_blobs.h"

#include "base/error.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

class StoreDownload : public registry::BlobDownload {
 public:
  StoreDownload(store::BlobWriter writer, const oci::Descriptor& blob) : writer_(std::move(writer)), blob_(blob) {}

  void write(std::string_view bytes) override { writer_.write(bytes); }
  std::uint64_t size() const override { return writer_.size(); }
  void commit() override {
    try {
      writer_.commit_as(blob_.digest, blob_.size);
    } catch (Error& error) {
      if (error.kind() == ErrorKind::kCorrupt)
        error.with_hint("the registry, or something before it, sends wrong content");
      throw;
    }
  }

 private:
  store::BlobWriter writer_;
  const oci::Descriptor blob_;
};

class StoreReader : public registry::BlobReader {
 public:
  explicit StoreReader(sys::Fd file) : file_(std::move(file)) {}
  size_t read(char* buffer, size_t size) override { return sys::read_some(file_, buffer, size); }

 private:
  sys::Fd file_;
};

}  // namespace

bool StoreSink::has(const oci::Descriptor& blob) {
  return state_.images.blobs().is_whole(blob);
}

std::unique_ptr<registry::BlobDownload> StoreSink::begin(const oci::Descriptor& blob) {
  return std::make_unique<StoreDownload>(state_.images.blobs().writer(), blob);
}

std::string StoreSink::read(const oci::Descriptor& blob) {
  return state_.images.blobs().read(blob);
}

void StoreSink::put(const oci::Descriptor& manifest, std::string_view bytes) {
  state_.images.blobs().put(bytes, manifest.media_type);
}

bool StoreSink::is_unpacked(const oci::Digest& diff_id) {
  return state_.snapshots.has(diff_id);
}

void StoreSink::unpack(const oci::Descriptor& layer, const oci::Digest& diff_id, const std::stop_token& stop) {
  state_.images.unpack_layer(layer, diff_id, stop);
}

std::unique_ptr<registry::BlobReader> StoreSource::open(const oci::Descriptor& blob) {
  if (!state_.images.blobs().is_whole(blob)) {
    throw Error(ErrorKind::kCorrupt, "the blob is missing or damaged").with_hint("pull or build the image again");
  }
  return std::make_unique<StoreReader>(state_.images.blobs().open(blob.digest));
}

}  // namespace minibox::engine
