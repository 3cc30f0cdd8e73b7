#include "store/tar_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "store/tar_locale.h"

namespace minibox::store {
namespace {

struct EntryDeleter {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using EntryPointer = std::unique_ptr<archive_entry, EntryDeleter>;

EntryPointer make_entry(const TarEntry& from) {
  EntryPointer entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), from.path.c_str());
  archive_entry_set_mode(entry.get(), from.mode);
  archive_entry_set_uid(entry.get(), static_cast<la_int64_t>(from.uid));
  archive_entry_set_gid(entry.get(), static_cast<la_int64_t>(from.gid));
  archive_entry_set_mtime(entry.get(), from.mtime, 0);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(from.size));
  if (from.hard_link) {
    archive_entry_set_hardlink(entry.get(), from.link_target.c_str());
  } else if (S_ISLNK(from.mode)) {
    archive_entry_set_symlink(entry.get(), from.link_target.c_str());
  } else if (S_ISCHR(from.mode) || S_ISBLK(from.mode)) {
    archive_entry_set_rdev(entry.get(), from.device);
  }
  for (const auto& [name, value] : from.xattrs) {
    archive_entry_xattr_add_entry(entry.get(), name.c_str(), value.data(), value.size());
  }
  return entry;
}

}  // namespace

void TarWriter::ArchiveDeleter::operator()(archive* writer) const {
  archive_write_free(writer);
}

TarWriter::TarWriter(Sink sink) : sink_(std::move(sink)), archive_(archive_write_new()) {
  if (!archive_) throw Error(ErrorKind::kExhausted, "no memory for a tar writer");
  const TarLocale locale;
  check(archive_write_set_format_pax_restricted(archive_.get()), "choose the format");
  // One spelling of extended attributes, the one that other engines read.
  check(archive_write_set_format_option(archive_.get(), "pax", "xattrheader", "SCHILY"), "set xattrheader");
  check(archive_write_set_bytes_per_block(archive_.get(), 256 << 10), "set the block size");
  check(archive_write_set_bytes_in_last_block(archive_.get(), 1), "set the last block's size");
  check(archive_write_open2(archive_.get(), this, nullptr, &TarWriter::pass_on, nullptr, nullptr), "open");
}

// libarchive frees its buffer only when it is closed, and closing would complete the archive: the sink refuses that.
TarWriter::~TarWriter() {
  given_up_ = true;
  archive_write_close(archive_.get());
}

ssize_t TarWriter::pass_on(archive* writer, void* self, const void* bytes, size_t size) {
  auto* that = static_cast<TarWriter*>(self);
  if (that->given_up_) return -1;
  try {
    that->sink_({static_cast<const char*>(bytes), size});
    return static_cast<ssize_t>(size);
  } catch (...) {
    that->failure_ = std::current_exception();
    archive_set_error(writer, EIO, "sink");
    return -1;
  }
}

void TarWriter::check(int result, const std::string& what) {
  // A warning is a name that is not UTF-8: libarchive then stores it byte by byte and marks it so.
  if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
  if (failure_) std::rethrow_exception(failure_);
  const char* reason = archive_error_string(archive_.get());
  throw Error(ErrorKind::kInternal, "tar: " + what + ": " + (reason != nullptr ? reason : "unknown reason"));
}

void TarWriter::add(const TarEntry& entry) {
  const TarLocale locale;
  check(archive_write_header(archive_.get(), make_entry(entry).get()), "write the header of " + quote(entry.path));
}

void TarWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const la_ssize_t written = archive_write_data(archive_.get(), bytes.data(), bytes.size());
    if (written <= 0) check(written < 0 ? static_cast<int>(written) : ARCHIVE_FATAL, "write content past the size");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void TarWriter::add_file(TarEntry entry, std::string_view content) {
  entry.size = content.size();
  add(entry);
  write(content);
}

void TarWriter::finish() {
  check(archive_write_close(archive_.get()), "finish");
}

}  // namespace minibox::store
