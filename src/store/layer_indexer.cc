#include "store/layer_indexer.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/cancellation.h"
#include "base/error.h"
#include "oci/sha256.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

constexpr size_t kInputSize = 64u << 10;
constexpr size_t kOutputSize = 256u << 10;
constexpr std::uint64_t kMinChunk = 1u << 20;  // smaller members and frames share one
constexpr std::uint64_t kSpacing = 4u << 20;   // of chunks in a member: each brings its 32 KiB window

// The uncompressed bytes of a blob, as Decompressor gives them, with the places where it may be entered. Never the
// fastest library, but one that tells where in the blob it is.
class BlobScan {
 public:
  BlobScan(const sys::Fd& blob, LayerChunkList& chunks) : blob_(blob), chunks_(chunks) {}
  virtual ~BlobScan() = default;
  virtual std::string_view next() = 0;  // empty at the end
  std::uint64_t position() const { return position_; }
  oci::Digest digest() { return hash_.finish(); }  // of the blob, at its end

 protected:
  // More bytes unless some are left; false at the end.
  bool fill() {
    if (!input_.empty()) return true;
    input_ = {buffer_.data(), sys::read_some(blob_, buffer_.data(), buffer_.size())};
    hash_.update(input_);
    return !input_.empty();
  }
  void consume(size_t count) {
    input_.remove_prefix(count);
    position_ += count;
  }
  void begin_member() {
    const bool due = position_ == 0 || chunks_.is_raw() || chunks_.chunk_size() >= kMinChunk;
    if (due) chunks_.cut({.blob_offset = position_});
  }
  std::string_view pass_on(size_t size) {
    chunks_.add({output_.data(), size});
    if (chunks_.chunk_size() > kMaxChunkSize) {
      throw Error(ErrorKind::kUnsupported, "it is compressed in one piece of more than 64 MiB");
    }
    return {output_.data(), size};
  }

  const sys::Fd& blob_;
  LayerChunkList& chunks_;
  std::array<char, kInputSize> buffer_;
  std::array<char, kOutputSize> output_;
  std::string_view input_;      // of buffer_
  std::uint64_t position_ = 0;  // in the blob, of input_
  oci::Sha256 hash_;
};

class PlainScan : public BlobScan {
 public:
  using BlobScan::BlobScan;
  std::string_view next() override {
    if (!fill()) return {};
    if (chunks_.size() % kMemberSize == 0) chunks_.cut({.blob_offset = position_});
    const size_t size = std::min<std::uint64_t>(input_.size(), kMemberSize - chunks_.size() % kMemberSize);
    std::copy_n(input_.data(), size, output_.data());
    consume(size);
    return pass_on(size);
  }
};

class GzipScan : public BlobScan {
 public:
  GzipScan(const sys::Fd& blob, LayerChunkList& chunks) : BlobScan(blob, chunks) {
    constexpr int kGzip = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + kGzip) != Z_OK) throw Error(ErrorKind::kExhausted, "no memory for zlib");
  }
  ~GzipScan() override { ::inflateEnd(&stream_); }
  GzipScan(const GzipScan&) = delete;
  GzipScan& operator=(const GzipScan&) = delete;

  std::string_view next() override {
    for (;;) {
      const bool more = fill();
      if (!in_member_) {
        if (!more) return {};
        begin_member();
        ::inflateReset(&stream_);
        in_member_ = true;
      }
      if (const size_t produced = inflate(); produced > 0) return pass_on_to_boundary(produced);
      if (!more && in_member_) throw Error(ErrorKind::kCorrupt, "gzip data is cut short");
      cut_at_boundary();
    }
  }

 private:
  size_t inflate() {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
    stream_.avail_in = static_cast<uInt>(input_.size());
    stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
    stream_.avail_out = static_cast<uInt>(output_.size());
    const int result = ::inflate(&stream_, Z_BLOCK);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      throw Error(ErrorKind::kCorrupt, "gzip data is damaged");
    }
    consume(input_.size() - stream_.avail_in);
    in_member_ = result != Z_STREAM_END;
    return output_.size() - stream_.avail_out;
  }

  std::string_view pass_on_to_boundary(size_t size) {
    const std::string_view bytes = pass_on(size);
    cut_at_boundary();
    return bytes;
  }

  // zlib.h on Z_BLOCK: 128 after a block, 64 in the last one, and how many bits of the last byte are still to come.
  void cut_at_boundary() {
    const bool after_block = (stream_.data_type & 128) != 0 && (stream_.data_type & 64) == 0;
    if (!in_member_ || !after_block || chunks_.chunk_size() < kSpacing) return;
    LayerChunk chunk{
        .blob_offset = position_, .bits = static_cast<unsigned>(stream_.data_type & 7), .raw_deflate = true};
    chunk.window.resize(1u << MAX_WBITS);
    uInt size = 0;
    if (::inflateGetDictionary(&stream_, reinterpret_cast<Bytef*>(chunk.window.data()), &size) != Z_OK) {
      throw Error(ErrorKind::kInternal, "zlib does not tell its window");
    }
    chunk.window.resize(size);
    chunks_.cut(std::move(chunk));
  }

  z_stream stream_{};
  bool in_member_ = false;
};

class ZstdScan : public BlobScan {
 public:
  ZstdScan(const sys::Fd& blob, LayerChunkList& chunks) : BlobScan(blob, chunks), stream_(ZSTD_createDStream()) {
    if (!stream_) throw Error(ErrorKind::kExhausted, "no memory for zstd");
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, 27);  // as Decompressor
  }

  std::string_view next() override {
    for (;;) {
      const bool more = fill();
      if (!in_frame_) {
        if (!more) return {};
        begin_member();
      }
      ZSTD_inBuffer in{input_.data(), input_.size(), 0};
      ZSTD_outBuffer out{output_.data(), output_.size(), 0};
      const size_t result = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(result)) throw Error(ErrorKind::kCorrupt, "zstd data is damaged");
      in_frame_ = result != 0;
      consume(in.pos);
      if (out.pos > 0) return pass_on(out.pos);
      if (!more && in_frame_) throw Error(ErrorKind::kCorrupt, "zstd data is cut short");
    }
  }

 private:
  struct StreamDeleter {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, StreamDeleter> stream_;
  bool in_frame_ = false;
};

Compression compression_of_file(const sys::Fd& blob) {
  std::array<char, 4> head;
  return compression_of({head.data(), sys::read_some_at(blob, head.data(), head.size(), 0)});
}

std::unique_ptr<BlobScan> scan(Compression compression, const sys::Fd& blob, LayerChunkList& chunks) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<GzipScan>(blob, chunks);
    case Compression::kZstd:
      return std::make_unique<ZstdScan>(blob, chunks);
    case Compression::kNone:
      break;
  }
  return std::make_unique<PlainScan>(blob, chunks);
}

IndexAttempt index_blob(const sys::Fd& blob, const oci::Digest& digest, const std::stop_token& stop,
                        const LayerLimits& limits) {
  LayerIndex index{.blob = digest, .compression = compression_of_file(blob)};
  LayerChunkList chunks;
  const std::unique_ptr<BlobScan> bytes = scan(index.compression, blob, chunks);
  oci::Sha256 diff;
  const auto next = [&] {
    throw_if_stopped(stop);
    const std::string_view piece = bytes->next();
    diff.update(piece);
    const std::uint64_t limit = std::max(limits.max_bytes, bytes->position() * limits.max_ratio);
    if (chunks.size() > limit) {
      throw Error(ErrorKind::kUnsupported, "it unpacks to more than " + std::to_string(limit) + " bytes");
    }
    return piece;
  };
  LayerListing listing = list_layer(next, limits);
  if (bytes->digest() != digest) throw Error(ErrorKind::kCorrupt, "the blob is damaged");
  index.blob_size = bytes->position();
  index.diff_id = diff.finish();
  return put_together(std::move(index), chunks, std::move(listing));
}

}  // namespace

IndexAttempt put_together(LayerIndex head, LayerChunkList& chunks, LayerListing listing) {
  if (!listing.why_not.empty()) return {{}, std::move(listing.why_not)};
  head.size = chunks.size();
  head.chunks = chunks.finish(head.blob_size);
  head.entries = std::move(listing.entries);
  try {
    head.check();
  } catch (const Error& error) {
    return {{}, error.text()};
  }
  return {std::move(head), {}};
}

IndexAttempt make_layer_index(const sys::Fd& blob, const oci::Digest& digest, const std::stop_token& stop,
                              const LayerLimits& limits) {
  return with_context("index layer " + digest.short_hex(), [&]() -> IndexAttempt {
    try {
      return index_blob(blob, digest, stop, limits);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnsupported) throw;
      return {{}, error.text()};
    }
  });
}

}  // namespace minibox::store
