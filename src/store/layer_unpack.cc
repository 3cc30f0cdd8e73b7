// The reading half of layer_tar.h: blob -> decompressor -> hash -> libarchive -> LayerUnpacker.
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "oci/sha256.h"
#include "store/decompressor.h"
#include "store/layer_tar.h"
#include "store/layer_unpacker.h"
#include "store/tar_locale.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

// Uncompressed bytes, hashed and counted as they pass.
class HashedStream {
 public:
  HashedStream(sys::Fd blob, std::uint64_t limit, const std::stop_token& stop)
      : source_(std::move(blob)), limit_(limit), stop_(stop) {}

  std::string_view next() {
    if (stop_.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    const std::string_view bytes = source_.next();
    hash_.update(bytes);
    size_ += bytes.size();
    if (size_ > limit_) {
      throw Error(ErrorKind::kExhausted, "the layer unpacks to more than " + std::to_string(limit_) + " bytes");
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
  Decompressor source_;
  std::uint64_t limit_;
  const std::stop_token& stop_;
  oci::Sha256 hash_;
  std::uint64_t size_ = 0;
};

class TarReader {
 public:
  explicit TarReader(HashedStream& stream) : stream_(stream), archive_(archive_read_new()) {
    if (!archive_) throw Error(ErrorKind::kExhausted, "no memory for a tar reader");
    check(archive_read_support_format_tar(archive_.get()));
    check(archive_read_support_format_empty(archive_.get()));
    check(archive_read_open(archive_.get(), this, nullptr, &TarReader::pull, nullptr));
  }

  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive_.get(), &entry);
    if (result == ARCHIVE_EOF) return nullptr;
    check(result);
    return entry;
  }

  void read_content(const PieceSink& sink) {
    for (;;) {
      const void* bytes = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      const int result = archive_read_data_block(archive_.get(), &bytes, &size, &offset);
      if (result == ARCHIVE_EOF) return;
      check(result);
      if (size > 0) sink(offset, {static_cast<const char*>(bytes), size});
    }
  }

 private:
  static la_ssize_t pull(archive* reader, void* self, const void** bytes) {
    auto* that = static_cast<TarReader*>(self);
    try {
      const std::string_view chunk = that->stream_.next();
      *bytes = chunk.data();
      return static_cast<la_ssize_t>(chunk.size());
    } catch (...) {
      that->failure_ = std::current_exception();
      archive_set_error(reader, EIO, "source");
      return -1;
    }
  }

  // A warning means that something was not understood: a name that can't be converted, a damaged attribute.
  void check(int result) {
    if (result == ARCHIVE_OK) return;
    if (failure_) std::rethrow_exception(failure_);
    const char* reason = archive_error_string(archive_.get());
    throw Error(ErrorKind::kCorrupt,
                std::string("damaged archive: ") + (reason != nullptr ? reason : "unknown reason"));
  }

  HashedStream& stream_;
  std::exception_ptr failure_;
  struct ArchiveDeleter {
    void operator()(archive* reader) const { archive_read_free(reader); }
  };
  std::unique_ptr<archive, ArchiveDeleter> archive_;
};

std::string text_or_empty(const char* text) {
  return text != nullptr ? text : "";
}

TarEntry describe(archive_entry* from) {
  TarEntry entry;
  entry.path = text_or_empty(archive_entry_pathname(from));
  if (entry.path.empty()) throw Error(ErrorKind::kCorrupt, "damaged archive: an entry has no name");
  entry.mode = archive_entry_mode(from);
  entry.uid = static_cast<std::uint64_t>(archive_entry_uid(from));
  entry.gid = static_cast<std::uint64_t>(archive_entry_gid(from));
  entry.mtime = archive_entry_mtime(from);
  entry.size = static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_entry_size(from)));
  if (const char* target = archive_entry_hardlink(from)) {
    entry.hard_link = true;
    entry.link_target = target;
  } else if (S_ISLNK(entry.mode)) {
    entry.link_target = text_or_empty(archive_entry_symlink(from));
  }
  if (S_ISCHR(entry.mode) || S_ISBLK(entry.mode)) entry.device = archive_entry_rdev(from);
  archive_entry_xattr_reset(from);
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK) {
    entry.xattrs.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return entry;
}

void unpack_entries(TarReader& tar, LayerUnpacker& unpacker, const LayerLimits& limits) {
  std::uint64_t entries = 0;
  while (archive_entry* from = tar.next()) {
    if (++entries > limits.max_entries) {
      throw Error(ErrorKind::kExhausted, "the layer has more than " + std::to_string(limits.max_entries) + " entries");
    }
    const TarEntry entry = describe(from);
    with_context(quote(entry.path), [&] {
      unpacker.add(entry, archive_entry_mtime_nsec(from), [&](const PieceSink& sink) { tar.read_content(sink); });
    });
  }
  unpacker.finish();
}

}  // namespace

oci::Digest unpack_archive(sys::Fd archive, const std::string& target, const std::stop_token& stop,
                           const LayerLimits& limits) {
  const TarLocale locale;
  const std::uint64_t size = sys::file_size(archive);
  HashedStream stream(std::move(archive), std::max(limits.max_bytes, size * limits.max_ratio), stop);
  LayerUnpacker unpacker(sys::open_dir(target), limits.max_directory_memory);
  TarReader tar(stream);
  unpack_entries(tar, unpacker, limits);
  return stream.finish();
}

void unpack_layer(sys::Fd blob, const oci::Digest& diff_id, const std::string& target, const LayerLimits& limits) {
  with_context("unpack layer " + diff_id.short_hex(), [&] {
    if (const oci::Digest got = unpack_archive(std::move(blob), target, {}, limits); got != diff_id) {
      throw Error(ErrorKind::kCorrupt, "its content has the digest " + got.text() + " instead of " + diff_id.text());
    }
  });
}

}  // namespace minibox::store
