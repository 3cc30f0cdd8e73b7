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
constexpr std::uint64_t kFlushed = 8u << 20;

std::string label(const oci::Digest& digest) {
  return "blob " + digest.short_hex();
}

[[noreturn]] void corrupt(const oci::Digest& digest, const std::string& why) {
  throw Error(ErrorKind::kCorrupt, label(digest) + " " + why).with_hint("remove the image and build it again");
}

}  // namespace

bool VerifiedBlobs::contains(const oci::Digest& digest) const {
  const std::lock_guard lock(mutex_);
  return digests_.contains(digest);
}

void VerifiedBlobs::insert(const oci::Digest& digest) {
  const std::lock_guard lock(mutex_);
  digests_.insert(digest);
}

void VerifiedBlobs::erase(const oci::Digest& digest) {
  const std::lock_guard lock(mutex_);
  digests_.erase(digest);
}

BlobWriter::BlobWriter(const DataRoot& root, std::shared_ptr<VerifiedBlobs> verified)
    : root_(root),
      verified_(std::move(verified)),
      path_(root.tmp() + "/blob-" + random_id() + random_id()),
      file_(sys::open_file(path_, O_WRONLY | O_CREAT | O_EXCL, 0600)) {}

BlobWriter::BlobWriter(BlobWriter&& other) noexcept
    : root_(std::move(other.root_)),
      verified_(std::move(other.verified_)),
      path_(std::exchange(other.path_, {})),
      file_(std::move(other.file_)),
      hash_(std::move(other.hash_)),
      digest_(std::move(other.digest_)),
      size_(other.size_),
      flushed_(other.flushed_) {}

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
  // commit() waits for the disk: what is there by then need not be waited for.
  if (size_ - flushed_ < kFlushed) return;
  sys::begin_writeback(file_, flushed_, size_ - flushed_);
  flushed_ = size_;
}

const oci::Digest& BlobWriter::seal() {
  if (digest_.empty()) digest_ = hash_.finish();
  file_.reset();
  return digest_;
}

oci::Descriptor BlobWriter::finish() {
  seal();  // many may be sealed for long before they are kept: a descriptor each would be too many
  sys::sync_data(sys::open_file(path_, O_RDONLY));
  oci::Descriptor descriptor;
  descriptor.digest = seal();
  descriptor.size = size_;
  return descriptor;
}

void BlobWriter::name(const oci::Digest& digest) {
  sys::rename_path(path_, root_.blob(digest));
  path_.clear();
  sys::sync_dir(root_.blobs());
  verified_->insert(digest);
}

oci::Descriptor BlobWriter::commit() {
  oci::Descriptor descriptor = finish();
  name(descriptor.digest);
  return descriptor;
}

void BlobWriter::commit_as(const oci::Digest& digest, std::uint64_t size) {
  const oci::Descriptor got = finish();
  if (got.size != size) {
    corrupt(digest, "has " + std::to_string(got.size) + " bytes instead of " + std::to_string(size));
  }
  if (got.digest != digest) corrupt(digest, "has the content of " + got.digest.text());
  name(digest);
}

bool BlobStore::has(const oci::Digest& digest) const {
  return sys::exists(root_.blob(digest));
}

bool BlobStore::has(const oci::Descriptor& descriptor) const {
  const auto info = sys::try_lstat(root_.blob(descriptor.digest));
  return info && static_cast<std::uint64_t>(info->st_size) == descriptor.size;
}

bool BlobStore::is_whole(const oci::Descriptor& descriptor) const {
  if (!has(descriptor)) return false;
  if (verified_->contains(descriptor.digest)) return true;
  const sys::Fd file = open(descriptor.digest);
  oci::Sha256 hash;
  std::string buffer(256u << 10, '\0');
  while (const size_t got = sys::read_some(file, buffer.data(), buffer.size())) hash.update({buffer.data(), got});
  if (hash.finish() != descriptor.digest) return false;
  verified_->insert(descriptor.digest);
  return true;
}

sys::Fd BlobStore::open(const oci::Digest& digest) const {
  auto file = sys::try_open(root_.blob(digest), O_RDONLY);
  if (!file) {
    throw Error(ErrorKind::kNotFound, label(digest) + " is missing").with_hint("remove the image and build it again");
  }
  return std::move(*file);
}

bool BlobStore::remove(const oci::Digest& digest) const {
  verified_->erase(digest);
  return sys::remove_file(root_.blob(digest));
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
  if (oci::Sha256::of(bytes) != digest) corrupt(digest, "is damaged: its content does not match its digest");
  return bytes;
}

std::string BlobStore::read(const oci::Descriptor& descriptor) const {
  std::string bytes = read(descriptor.digest);
  if (bytes.size() != descriptor.size) corrupt(descriptor.digest, "does not have the size its descriptor says");
  return bytes;
}

}  // namespace minibox::store
