// The reading half of layer_tar.h: blob -> decompressor -> hash -> libarchive -> LayerUnpacker.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "oci/sha256.h"
#include "store/decompressor.h"
#include "store/layer_tar.h"
#include "store/layer_unpacker.h"
#include "store/tar_locale.h"
#include "store/tar_reader.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

// Uncompressed bytes, hashed and counted as they pass.
class HashedStream {
 public:
  HashedStream(ByteSource blob, const LayerLimits& limits, const std::stop_token& stop)
      : source_([this, blob = std::move(blob)](char* buffer, size_t size) {
          const size_t got = blob(buffer, size);
          read_ += got;
          return got;
        }),
        limits_(limits),
        stop_(stop) {}

  std::string_view next() {
    if (stop_.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    const std::string_view bytes = source_.next();
    hash_.update(bytes);
    size_ += bytes.size();
    if (const std::uint64_t limit = std::max(limits_.max_bytes, read_ * limits_.max_ratio); size_ > limit) {
      throw Error(ErrorKind::kExhausted, "the layer unpacks to more than " + std::to_string(limit) + " bytes");
    }
    return bytes;
  }
  // libarchive stops at the end-of-archive blocks; the digest is over everything.
  oci::Digest finish() {
    while (!next().empty()) {
    }
    return hash_.finish();
  }

 private:
  std::uint64_t read_ = 0;  // of the blob; before source_, which reads at once
  Decompressor source_;
  const LayerLimits& limits_;
  const std::stop_token& stop_;
  oci::Sha256 hash_;
  std::uint64_t size_ = 0;
};

ByteSource source_of(const sys::Fd& blob) {
  return [&blob](char* buffer, size_t size) { return sys::read_some(blob, buffer, size); };
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

oci::Digest unpack_archive(ByteSource archive, const std::string& target, const std::stop_token& stop,
                           const LayerLimits& limits) {
  const TarLocale locale;
  HashedStream stream(std::move(archive), limits, stop);
  LayerUnpacker unpacker(sys::open_dir(target), limits.max_directory_memory);
  TarReader tar([&] { return stream.next(); });
  unpack_entries(tar, unpacker, limits);
  return stream.finish();
}

void unpack_layer(sys::Fd blob, const oci::Digest& diff_id, const std::string& target, const std::stop_token& stop,
                  const LayerLimits& limits) {
  with_context("unpack layer " + diff_id.short_hex(),
               [&] { require_digest(unpack_archive(source_of(blob), target, stop, limits), diff_id); });
}

void check_layer(sys::Fd blob, const oci::Digest& diff_id, const std::stop_token& stop, const LayerLimits& limits) {
  with_context("layer " + diff_id.short_hex(), [&] {
    HashedStream stream(source_of(blob), limits, stop);
    require_digest(stream.finish(), diff_id);
  });
}

}  // namespace minibox::store
