#include "store/layer_sink.h"

#include <string>
#include <utility>

#include "base/error.h"

namespace minibox::store {

LayerSink::LayerSink(const BlobStore& blobs, std::uint64_t max_bytes)
    : max_bytes_(max_bytes),
      blob_(blobs.writer()),
      gzip_([this](std::string_view bytes) { blob_.write(bytes); }),
      worker_([this] { store(); }) {}

LayerSink::~LayerSink() {
  queue_.give_up();
  queue_.close();
}

void LayerSink::store() {
  try {
    std::string piece;
    LayerListing listing = list_layer([&]() -> std::string_view {
      piece = queue_.pop();
      compress(piece);
      return piece;
    });
    gzip_.finish();
    const LayerIndex head{.blob = blob_.seal(), .blob_size = blob_.size(), .compression = Compression::kGzip};
    index_ = put_together(head, chunks_, std::move(listing));
  } catch (...) {
    failure_ = std::current_exception();
    has_failed_ = true;
    queue_.give_up();
  }
}

void LayerSink::compress(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::uint64_t in_member = chunks_.size() % kMemberSize;
    if (in_member == 0) {
      if (chunks_.size() > 0) gzip_.end_member();
      chunks_.cut({.blob_offset = blob_.size()});
    }
    const std::string_view part = bytes.substr(0, kMemberSize - in_member);
    gzip_.write(part);
    chunks_.add(part);
    bytes.remove_prefix(part.size());
  }
}

void LayerSink::rethrow_failure() {
  if (worker_.joinable()) worker_.join();
  std::rethrow_exception(failure_);
}

void LayerSink::write(std::string_view bytes) {
  if (has_failed_) rethrow_failure();
  size_ += bytes.size();
  if (size_ > max_bytes_) {
    throw Error(ErrorKind::kExhausted, "the layer is larger than " + std::to_string(max_bytes_) + " bytes");
  }
  diff_.update(bytes);
  queue_.push(std::string(bytes));
}

Layer LayerSink::finish() {
  queue_.close();
  worker_.join();
  if (failure_) std::rethrow_exception(failure_);
  Layer layer;
  layer.blob = blob_.commit();
  layer.blob.media_type = oci::kGzipLayerMediaType;
  layer.diff_id = diff_.finish();
  if (index_.index) index_.index->diff_id = layer.diff_id;
  layer.index = std::make_shared<const IndexAttempt>(std::move(index_));
  return layer;
}

}  // namespace minibox::store
