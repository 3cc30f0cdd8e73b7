#include "store/image_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"
#include "store/tar_locale.h"
#include "sys/root_dir.h"

namespace minibox::store {
namespace {

constexpr std::string_view kBlobPrefix = "blobs/sha256/";

[[noreturn]] void corrupt(const std::string& why) {
  throw Error(ErrorKind::kCorrupt, "image archive: " + why);
}

class LayoutReader {
 public:
  explicit LayoutReader(std::string_view tar) : archive_(archive_read_new()) {
    if (!archive_) throw Error(ErrorKind::kExhausted, "no memory for a tar reader");
    check(archive_read_support_format_tar(archive_.get()));
    check(archive_read_open_memory(archive_.get(), tar.data(), tar.size()));
  }

  // Calls back with the path of every regular file until that returns false.
  void each(const std::function<bool(const std::string& path)>& visit) {
    archive_entry* entry = nullptr;
    for (;;) {
      const int result = archive_read_next_header(archive_.get(), &entry);
      if (result == ARCHIVE_EOF) return;
      check(result);
      const char* path = archive_entry_pathname(entry);
      if (path == nullptr || !S_ISREG(archive_entry_mode(entry)) || archive_entry_hardlink(entry) != nullptr) continue;
      if (!visit(sys::relative_path(path))) return;
    }
  }

  void read(const std::function<void(std::string_view)>& sink) {
    std::string buffer(256u << 10, '\0');
    for (;;) {
      const la_ssize_t got = archive_read_data(archive_.get(), buffer.data(), buffer.size());
      if (got == 0) return;
      if (got < 0) check(static_cast<int>(got));
      sink({buffer.data(), static_cast<size_t>(got)});
    }
  }

  std::string read_document(const std::string& what) {
    std::string bytes;
    read([&](std::string_view piece) {
      if (bytes.size() + piece.size() > oci::kMaxDocumentSize) corrupt(quote(what) + " is too large");
      bytes += piece;
    });
    return bytes;
  }

 private:
  void check(int result) {
    if (result == ARCHIVE_OK) return;
    const char* reason = archive_error_string(archive_.get());
    corrupt(reason != nullptr ? reason : "unreadable");
  }

  TarLocale locale_;
  struct ArchiveDeleter {
    void operator()(archive* reader) const { archive_read_free(reader); }
  };
  std::unique_ptr<archive, ArchiveDeleter> archive_;
};

void check_layout_version(const std::string& bytes) {
  const oci::Json document = oci::parse_document(bytes, "oci-layout");
  const std::string version = oci::JsonObject(document, "oci-layout").text("imageLayoutVersion");
  if (version != "1.0.0") {
    throw Error(ErrorKind::kUnsupported, "image archive: layout version " + quote(version) + " is not '1.0.0'");
  }
}

void import_blob(LayoutReader& reader, const std::string& path, const BlobStore& blobs) {
  const oci::Digest digest = with_context("image archive: " + quote(path),
                                          [&] { return oci::Digest::from_hex(path.substr(kBlobPrefix.size())); });
  BlobWriter blob = blobs.writer();
  reader.read([&](std::string_view piece) { blob.write(piece); });
  const std::uint64_t size = blob.size();
  blob.commit_as(digest, size);
}

}  // namespace

oci::Index import_layout(std::string_view tar, const BlobStore& blobs) {
  LayoutReader reader(tar);
  bool has_layout = false;
  std::optional<oci::Index> index;
  reader.each([&](const std::string& path) {
    if (path == "oci-layout") {
      check_layout_version(reader.read_document(path));
      has_layout = true;
    } else if (path == "index.json") {
      index = oci::Index::parse(reader.read_document(path));
    } else if (path.starts_with(kBlobPrefix)) {
      import_blob(reader, path, blobs);
    }
    return true;
  });
  if (!has_layout) corrupt("there is no 'oci-layout' file in it");
  if (!index) corrupt("there is no 'index.json' file in it");
  return *index;
}

oci::Index read_layout_index(std::string_view tar) {
  LayoutReader reader(tar);
  std::optional<oci::Index> index;
  reader.each([&](const std::string& path) {
    if (path == "index.json") index = oci::Index::parse(reader.read_document(path));
    return !index;
  });
  if (!index) corrupt("there is no 'index.json' file in it");
  return *index;
}

}  // namespace minibox::store
