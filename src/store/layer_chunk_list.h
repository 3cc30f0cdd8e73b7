// Collects the chunks of a layer's index while the uncompressed archive passes in order. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "oci/sha256.h"
#include "store/layer_index.h"

namespace minibox::store {

class LayerChunkList {
 public:
  std::uint64_t size() const { return size_; }  // of the archive so far
  std::uint64_t chunk_size() const { return chunks_.empty() ? 0 : size_ - chunks_.back().offset; }
  bool is_raw() const { return !chunks_.empty() && chunks_.back().raw_deflate; }

  // The next byte, if one comes, begins a chunk that is found so in the blob; the one before needs no more than that.
  void cut(LayerChunk next) {
    if (!next_) end_at_ = next.blob_offset;
    next_ = std::move(next);
  }
  // kUnsupported when nobody would read so many chunks with windows.
  void add(std::string_view bytes) {
    if (bytes.empty()) return;
    if (next_) begin();
    hash_.update(bytes);
    size_ += bytes.size();
  }
  // Once, with the blob's size.
  std::vector<LayerChunk> finish(std::uint64_t blob_size) {
    end_last(next_ ? end_at_ : blob_size);
    return std::move(chunks_);
  }

 private:
  void begin() {
    end_last(end_at_);
    chunks_.push_back(std::move(*next_));
    chunks_.back().offset = size_;
    windows_ += chunks_.back().window.size();
    if (windows_ > kMaxWindows) throw Error(ErrorKind::kUnsupported, "it is too large to be entered in its middle");
    next_.reset();
  }
  void end_last(std::uint64_t blob_end) {
    if (chunks_.empty()) return;
    chunks_.back().blob_end = blob_end;
    chunks_.back().digest = oci::Digest::from_hex(oci::to_hex(hash_.finish_sum()));
  }

  std::vector<LayerChunk> chunks_;
  std::optional<LayerChunk> next_;
  std::uint64_t end_at_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t windows_ = 0;  // bytes
  oci::Sha256 hash_;           // of the last chunk
};

}  // namespace minibox::store
