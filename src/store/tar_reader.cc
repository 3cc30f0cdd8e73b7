#include "store/tar_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"

namespace minibox::store {
namespace {

// What comes before an entry's content: of a sparse map libarchive keeps ten times as much, and knows no limit.
constexpr std::uint64_t kMaxHeaders = 16u << 20;

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

}  // namespace

void TarReader::ArchiveDeleter::operator()(archive* reader) const {
  archive_read_free(reader);
}

TarReader::TarReader(ChunkSource source) : source_(std::move(source)), archive_(archive_read_new()) {
  if (!archive_) throw Error(ErrorKind::kExhausted, "no memory for a tar reader");
  check(archive_read_support_format_tar(archive_.get()));
  check(archive_read_support_format_empty(archive_.get()));
  check(archive_read_open(archive_.get(), this, nullptr, &TarReader::pull, nullptr));
}

TarReader::~TarReader() = default;

std::optional<TarMember> TarReader::next() {
  if (in_entry_) check(archive_read_data_skip(archive_.get()));
  in_entry_ = false;
  header_bytes_ = 0;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(archive_.get(), &entry);
  if (result == ARCHIVE_EOF) return std::nullopt;
  check(result);
  in_entry_ = true;
  return TarMember{.entry = describe(entry), .mtime_ns = archive_entry_mtime_nsec(entry)};
}

// The reader of the format has taken the headers and the pieces before, and nothing behind them.
std::uint64_t TarReader::position() const {
  return static_cast<std::uint64_t>(archive_filter_bytes(archive_.get(), 0));
}

void TarReader::read_content(const PieceSink& sink) {
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

ssize_t TarReader::pull(archive* reader, void* self, const void** bytes) {
  auto* that = static_cast<TarReader*>(self);
  try {
    // Not yet of the chunk that comes: most of it may be content.
    if (!that->in_entry_ && that->header_bytes_ > kMaxHeaders) {
      throw Error(ErrorKind::kCorrupt, "damaged archive: an entry's headers are too large");
    }
    const std::string_view chunk = that->source_();
    that->header_bytes_ += chunk.size();
    *bytes = chunk.data();
    return static_cast<ssize_t>(chunk.size());
  } catch (...) {
    that->failure_ = std::current_exception();
    archive_set_error(reader, EIO, "source");
    return -1;
  }
}

// A warning means that something was not understood: a name that can't be converted, a damaged attribute.
void TarReader::check(int result) {
  if (result == ARCHIVE_OK) return;
  if (failure_) std::rethrow_exception(failure_);
  if (archive_errno(archive_.get()) == ENOMEM) throw Error(ErrorKind::kExhausted, "no memory to read the archive");
  const char* reason = archive_error_string(archive_.get());
  throw Error(ErrorKind::kCorrupt, std::string("damaged archive: ") + (reason != nullptr ? reason : "unknown reason"));
}

}  // namespace minibox::store
