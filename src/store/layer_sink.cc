#include "store/layer_sink.h"

#include <string>

#include "base/error.h"
#include "store/gzip_writer.h"

namespace minibox::store {

LayerSink::LayerSink(const BlobStore& blobs, std::uint64_t max_bytes)
    : max_bytes_(max_bytes), blob_(blobs.writer()), worker_([this] { store(); }) {}

LayerSink::~LayerSink() {
  queue_.give_up();
  queue_.close();
}

void LayerSink::store() {
  try {
    GzipWriter gzip([&](std::string_view bytes) { blob_.write(bytes); });
    for (std::string chunk = queue_.pop(); !chunk.empty(); chunk = queue_.pop()) {
      diff_.update(chunk);
      gzip.write(chunk);
    }
    gzip.finish();
  } catch (...) {
    failure_ = std::current_exception();
    has_failed_ = true;
    queue_.give_up();
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
  return layer;
}

}  // namespace minibox::store
