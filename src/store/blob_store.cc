#include "store/blob_store.h"

#include <fcntl.h>

#include <utility>

#include "base/error.h"
#include "base/id.h"
#include "sys/file.h"
#include "sys/sync.h"

namespace minibox::store {
namespace {

constexpr size_t kMaxDocument = 4u << 20;  // manifests and configs, the only blobs read as a whole

std::string label(const oci::Digest& digest) {
  return "blob " + digest.short_hex();
}

[[noreturn]] void corrupt(const oci::Digest& digest, const std::string& why) {
  throw Error(ErrorKind::kCorrupt, label(digest) + " " + why).with_hint("remove the image and build or load it again");
}

}  // namespace

BlobWriter::BlobWriter(const DataRoot& root)
    : root_(root),
      path_(root.tmp() + "/blob-" + random_id() + random_id()),
      file_(sys::open_file(path_, O_WRONLY | O_CREAT | O_EXCL, 0600)) {}

BlobWriter::BlobWriter(BlobWriter&& other) noexcept
    : root_(std::move(other.root_)),
      path_(std::exchange(other.path_, {})),
      file_(std::move(other.file_)),
      hash_(std::move(other.hash_)),
      size_(other.size_) {}

BlobWriter::~BlobWriter() {
  if (path_.empty()) return;
  try {
    sys::remove_file(path_);
  } catch (const Error&) {
    // Nobody to tell; tmp/ is emptied at the next start.
  }
}

void BlobWriter::write(std::string_view bytes) {
  hash_.update(bytes);
  sys::write_all(file_, bytes, path_);
  size_ += bytes.size();
}

oci::Descriptor BlobWriter::finish() {
  sys::sync_data(file_);
  file_.close();
  oci::Descriptor descriptor;
  descriptor.digest = hash_.finish();
  descriptor.size = size_;
  return descriptor;
}

oci::Descriptor BlobWriter::commit() {
  oci::Descriptor descriptor = finish();
  sys::rename_path(path_, root_.blob(descriptor.digest));
  path_.clear();
  sys::sync_dir(root_.blobs());
  return descriptor;
}

void BlobWriter::commit_as(const oci::Digest& digest, std::uint64_t size) {
  const oci::Descriptor got = finish();
  if (got.size != size) {
    corrupt(digest, "has " + std::to_string(got.size) + " bytes instead of " + std::to_string(size));
  }
  if (got.digest != digest) corrupt(digest, "has the content of " + got.digest.text());
  sys::rename_path(path_, root_.blob(digest));
  path_.clear();
  sys::sync_dir(root_.blobs());
}

bool BlobStore::has(const oci::Digest& digest) const {
  return sys::exists(root_.blob(digest));
}

bool BlobStore::has(const oci::Descriptor& descriptor) const {
  const auto info = sys::try_lstat(root_.blob(descriptor.digest));
  return info && static_cast<std::uint64_t>(info->st_size) == descriptor.size;
}

sys::Fd BlobStore::open(const oci::Digest& digest) const {
  auto file = sys::try_open(root_.blob(digest), O_RDONLY);
  if (!file) {
    throw Error(ErrorKind::kNotFound, label(digest) + " is missing")
        .with_hint("remove the image and build or load it again");
  }
  return std::move(*file);
}

std::uint64_t BlobStore::size(const oci::Digest& digest) const {
  return sys::file_size(open(digest));
}

oci::Descriptor BlobStore::put(std::string_view bytes, std::string_view media_type) const {
  BlobWriter blob = writer();
  blob.write(bytes);
  oci::Descriptor descriptor = blob.commit();
  descriptor.media_type = media_type;
  return descriptor;
}

std::string BlobStore::read(const oci::Digest& digest) const {
  std::string bytes = sys::read_all(open(digest), kMaxDocument, label(digest));
  if (Sha256::of(bytes) != digest) corrupt(digest, "is damaged: its content does not match its digest");
  return bytes;
}

std::string BlobStore::read(const oci::Descriptor& descriptor) const {
  std::string bytes = read(descriptor.digest);
  if (bytes.size() != descriptor.size) corrupt(descriptor.digest, "does not have the size its descriptor says");
  return bytes;
}

}  // namespace minibox::store
