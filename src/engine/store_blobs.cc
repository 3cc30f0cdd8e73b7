#include "engine/store_blobs.h"

#include "base/error.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// OCI's and Docker's types of layers alike. A wrong guess costs nothing but time.
bool may_be_layer(const oci::Descriptor& blob) {
  return blob.media_type.find(".tar") != std::string::npos;
}

void commit_as(store::BlobWriter& writer, const oci::Descriptor& blob) {
  try {
    writer.commit_as(blob.digest, blob.size);
  } catch (Error& error) {
    if (error.kind() == ErrorKind::kCorrupt)
      error.with_hint("the registry, or something before it, sends wrong content");
    throw;
  }
}

class StoreDownload : public registry::BlobDownload {
 public:
  StoreDownload(store::BlobWriter writer, const oci::Descriptor& blob) : writer_(std::move(writer)), blob_(blob) {}

  void write(std::string_view bytes) override { writer_.write(bytes); }
  std::uint64_t size() const override { return writer_.size(); }
  void commit() override { commit_as(writer_, blob_); }

 private:
  store::BlobWriter writer_;
  const oci::Descriptor blob_;
};

}  // namespace

// Unpacked while it comes. Whether that is of use shows when it is whole.
class StoreSink::LayerDownload : public registry::BlobDownload {
 public:
  LayerDownload(StoreSink& sink, const oci::Descriptor& blob)
      : sink_(sink),
        blob_(blob),
        intake_(sink.state_.data_root, sink.state_.images.blobs(), {}, registry::kMaxLayerBlob) {}

  void write(std::string_view bytes) override { intake_.write(bytes); }
  std::uint64_t size() const override { return intake_.size(); }
  void commit() override {
    store::StagedLayer layer = intake_.finish();
    commit_as(*layer.blob, blob_);
    if (layer.directory) sink_.keep(std::move(layer));
  }

 private:
  StoreSink& sink_;
  const oci::Descriptor blob_;
  store::LayerIntake intake_;
};

namespace {

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
  if (may_be_layer(blob)) return std::make_unique<LayerDownload>(*this, blob);
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

bool StoreSink::unpack(const oci::Descriptor& layer, const oci::Digest& diff_id, const std::stop_token& stop) {
  const auto directory = take_unpacked(layer.digest, diff_id);
  if (!directory) return state_.images.unpack_layer(layer, diff_id, stop);
  state_.snapshots.commit(directory->path(), diff_id);
  return true;
}

void StoreSink::keep(store::StagedLayer layer) {
  const std::lock_guard lock(mutex_);
  unpacked_[{layer.descriptor.digest, layer.diff_id}] = std::move(layer.directory);
}

// Null when it was there before, or what came is not this layer: then unpacking the blob tells why.
std::unique_ptr<sys::TempDir> StoreSink::take_unpacked(const oci::Digest& blob, const oci::Digest& diff_id) {
  const std::lock_guard lock(mutex_);
  const auto found = unpacked_.find({blob, diff_id});
  return found == unpacked_.end() ? nullptr : std::move(unpacked_.extract(found).mapped());
}

std::unique_ptr<registry::BlobReader> StoreSource::open(const oci::Descriptor& blob) {
  if (!state_.images.blobs().is_whole(blob)) {
    throw Error(ErrorKind::kCorrupt, "the blob is missing or damaged").with_hint("pull or build the image again");
  }
  return std::make_unique<StoreReader>(state_.images.blobs().open(blob.digest));
}

registry::KnownAt known_elsewhere(const EngineState& state, const oci::Reference& reference) {
  return [&state, reference](const oci::Digest& blob) {
    const std::string repository = state.images.repository_with(blob, reference.registry());
    return repository == reference.repository() ? std::string() : repository;
  };
}

}  // namespace minibox::engine
