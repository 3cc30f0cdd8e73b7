// The reading half of layer_tar.h: blob -> decompressor -> hash -> (another thread) -> libarchive -> LayerUnpacker.
#include <algorithm>
#include <exception>
#include <string>
#include <thread>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/text.h"
#include "oci/sha256.h"
#include "store/chunk_queue.h"
#include "store/decompressor.h"
#include "store/layer_tar.h"
#include "store/layer_unpacker.h"
#include "store/tar_locale.h"
#include "store/tar_reader.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

constexpr size_t kRead = 256u << 10;

// Uncompressed bytes, hashed and counted as they pass.
class HashedStream {
 public:
  // `hash_plain`: also of what is not compressed.
  HashedStream(ChunkSource blob, bool hash_plain, const LayerLimits& limits, const std::stop_token& stop)
      : source_(ChunkSource([this, blob = std::move(blob)] {
          const std::string_view bytes = blob();
          read_ += bytes.size();
          return bytes;
        })),
        is_hashed_(hash_plain || source_.compression() != Compression::kNone),
        limits_(limits),
        stop_(stop) {}

  bool is_hashed() const { return is_hashed_; }

  std::string_view next() {
    throw_if_stopped(stop_);
    const std::string_view bytes = source_.next();
    if (is_hashed_) hash_.update(bytes);
    size_ += bytes.size();
    if (const std::uint64_t limit = std::max(limits_.max_bytes, read_ * limits_.max_ratio); size_ > limit) {
      throw Error(ErrorKind::kExhausted, "the layer unpacks to more than " + std::to_string(limit) + " bytes");
    }
    return bytes;
  }
  // Of all that next() gave, if it was hashed.
  oci::Digest digest() { return is_hashed_ ? hash_.finish() : oci::Digest(); }

 private:
  std::uint64_t read_ = 0;  // of the blob; before source_, which reads at once
  Decompressor source_;
  const bool is_hashed_;
  const LayerLimits& limits_;
  const std::stop_token& stop_;
  oci::Sha256 hash_;
  std::uint64_t size_ = 0;
};

// What a source gives, made on a thread of its own: bytes are inflated and hashed while others are unpacked.
class ReadAhead {
 public:
  explicit ReadAhead(ChunkSource source) : source_(std::move(source)), worker_([this] { read(); }) {}
  ~ReadAhead() { queue_.give_up(); }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  std::string_view next() {
    chunk_ = queue_.pop();
    if (!chunk_.empty()) return chunk_;
    if (worker_.joinable()) worker_.join();
    if (failure_) std::rethrow_exception(failure_);
    return {};
  }

 private:
  void read() {
    try {
      for (std::string_view bytes = source_(); !bytes.empty() && queue_.push(std::string(bytes)); bytes = source_()) {
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
    queue_.close();
  }

  ChunkSource source_;
  ChunkQueue queue_;
  std::string chunk_;
  std::exception_ptr failure_;  // the worker's; to be looked at when it has ended
  std::jthread worker_;         // last: it uses what is above
};

ChunkSource chunks_of(const sys::Fd& blob) {
  return in_chunks([&blob](char* buffer, size_t size) { return sys::read_some(blob, buffer, size); }, kRead);
}

void require_digest(const oci::Digest& got, const oci::Digest& diff_id) {
  if (got == diff_id) return;
  throw Error(ErrorKind::kCorrupt, "its content has the digest " + got.text() + " instead of " + diff_id.text());
}

void unpack_entries(TarReader& tar, LayerUnpacker& unpacker, const LayerLimits& limits) {
  std::uint64_t entries = 0;
  while (const std::optional<TarMember> member = tar.next()) {
    if (++entries > limits.max_entries) {
      throw Error(ErrorKind::kExhausted, "the layer has more than " + std::to_string(limits.max_entries) + " entries");
    }
    with_context(quote(member->entry.path), [&] {
      unpacker.add(member->entry, member->mtime_ns, [&](const PieceSink& sink) { tar.read_content(sink); });
    });
  }
  unpacker.finish();
}

}  // namespace

namespace {

// libarchive stops at the end-of-archive blocks; the digest is over everything.
void unpack_all(const ChunkSource& archive, const std::string& target, const LayerLimits& limits) {
  const TarLocale locale;
  LayerUnpacker unpacker(sys::open_dir(target), limits.max_directory_memory);
  TarReader tar(archive);
  unpack_entries(tar, unpacker, limits);
  while (!archive().empty()) {
  }
}

oci::Digest unpack_stream(HashedStream& stream, const std::string& target, const LayerLimits& limits) {
  if (stream.is_hashed()) {
    ReadAhead ahead([&] { return stream.next(); });
    unpack_all([&] { return ahead.next(); }, target, limits);
  } else {
    unpack_all([&] { return stream.next(); }, target, limits);
  }
  return stream.digest();
}

}  // namespace

oci::Digest unpack_archive(ChunkSource archive, const std::string& target, const std::stop_token& stop,
                           const LayerLimits& limits) {
  HashedStream stream(std::move(archive), false, limits, stop);
  return unpack_stream(stream, target, limits);
}

void unpack_layer(sys::Fd blob, const oci::Digest& diff_id, const std::string& target, const std::stop_token& stop,
                  const LayerLimits& limits) {
  with_context("unpack layer " + diff_id.short_hex(), [&] {
    HashedStream stream(chunks_of(blob), true, limits, stop);
    require_digest(unpack_stream(stream, target, limits), diff_id);
  });
}

void check_layer(sys::Fd blob, const oci::Digest& diff_id, const std::stop_token& stop, const LayerLimits& limits) {
  with_context("layer " + diff_id.short_hex(), [&] {
    HashedStream stream(chunks_of(blob), true, limits, stop);
    while (!stream.next().empty()) {
    }
    require_digest(stream.digest(), diff_id);
  });
}

}  // namespace minibox::store
