#include "store/layer_intake.h"

#include <utility>

#include "store/decompressor.h"

namespace minibox::store {
namespace {

constexpr size_t kMagic = 4;
constexpr size_t kPiece = 512u << 10;  // handed over at a time: a switch of threads costs more than a copy

std::string media_type_of(std::string_view head) {
  switch (compression_of(head)) {
    case Compression::kGzip:
      return std::string(oci::kGzipLayerMediaType);
    case Compression::kZstd:
      return std::string(oci::kZstdLayerMediaType);
    case Compression::kNone:
      break;
  }
  return std::string(oci::kTarLayerMediaType);
}

}  // namespace

LayerIntake::LayerIntake(const DataRoot& root, const BlobStore& blobs, const LayerLimits& limits,
                         std::uint64_t max_blob)
    : limits_(limits),
      max_blob_(max_blob),
      blob_(blobs.writer()),
      directory_(std::make_unique<sys::TempDir>(root.tmp(), "layer.")) {
  // mkdtemp makes 0700; a layer without an entry for its root has an ordinary one.
  sys::make_dir(directory_->path() + "/upper", 0755);
  unpacker_ = std::jthread([this] { unpack(); });
}

LayerIntake::~LayerIntake() {
  queue_.close();
}

void LayerIntake::unpack() {
  const auto next = [&, chunk = std::string()]() mutable {
    chunk = queue_.pop();
    return std::string_view(chunk);
  };
  try {
    diff_id_ = unpack_archive(next, directory_->path() + "/upper", {}, limits_);
  } catch (const Error& error) {
    damage_ = error;
  } catch (...) {
    damage_ = Error(ErrorKind::kInternal, current_exception_text());
  }
  queue_.give_up();
}

void LayerIntake::write(std::string_view bytes) {
  if (head_.size() < kMagic) head_ += bytes.substr(0, kMagic - head_.size());
  if (blob_.size() + bytes.size() > max_blob_) {
    throw Error(ErrorKind::kExhausted, "a layer of more than " + std::to_string(max_blob_) + " bytes");
  }
  blob_.write(bytes);
  if (pending_.empty()) pending_.reserve(kPiece + bytes.size());
  pending_ += bytes;
  if (pending_.size() >= kPiece) queue_.push(std::exchange(pending_, {}));
}

StagedLayer LayerIntake::finish() {
  queue_.push(std::move(pending_));
  queue_.close();
  oci::Descriptor descriptor;
  descriptor.media_type = media_type_of(head_);
  descriptor.digest = blob_.seal();
  descriptor.size = blob_.size();
  unpacker_.join();
  if (!damage_ && diff_id_.empty()) diff_id_ = descriptor.digest;  // it is not compressed
  if (damage_) directory_.reset();
  return {std::move(blob_), std::move(descriptor), std::move(diff_id_), std::move(directory_), std::move(damage_)};
}

}  // namespace minibox::store
