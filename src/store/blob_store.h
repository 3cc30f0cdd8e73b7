// Content-addressed blobs: blobs/sha256/<hex>. A blob is verified on the way in and appears under its name only when it
// is whole and on the disk, so a name that exists can be trusted after a crash. Blobs never change.
// Any thread may call; a BlobWriter belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "oci/descriptor.h"
#include "oci/sha256.h"
#include "store/data_root.h"
#include "sys/fd.h"

namespace minibox::store {

// The blobs whose content this process has seen to match their names: hashed on the way in, or read once since.
// Thread-safe.
class VerifiedBlobs {
 public:
  bool contains(const oci::Digest& digest) const;
  void insert(const oci::Digest& digest);
  void erase(const oci::Digest& digest);

 private:
  mutable std::mutex mutex_;
  std::set<oci::Digest> digests_;
};

// A blob on its way in: write() the bytes, then commit(). Destroying it uncommitted leaves nothing.
class BlobWriter {
 public:
  BlobWriter(const DataRoot& root, std::shared_ptr<VerifiedBlobs> verified);
  BlobWriter(BlobWriter&& other) noexcept;
  ~BlobWriter();

  void write(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  // Of all that was written, after which nothing may be.
  const oci::Digest& seal();

  // Makes it durable and names it. The descriptor has no media type yet.
  oci::Descriptor commit();
  // The same, but kCorrupt unless digest and size are the expected ones.
  void commit_as(const oci::Digest& digest, std::uint64_t size);

 private:
  oci::Descriptor finish();
  void name(const oci::Digest& digest);

  DataRoot root_;
  std::shared_ptr<VerifiedBlobs> verified_;
  std::string path_;
  sys::Fd file_;
  oci::Sha256 hash_;
  oci::Digest digest_;  // once sealed
  std::uint64_t size_ = 0;
  std::uint64_t flushed_ = 0;  // on its way to the disk
};

class BlobStore {  // copies share what they know
 public:
  explicit BlobStore(const DataRoot& root) : root_(root), verified_(std::make_shared<VerifiedBlobs>()) {}

  bool has(const oci::Digest& digest) const;
  // Present with exactly this size; a blob cut short by a damaged disk is not.
  bool has(const oci::Descriptor& descriptor) const;
  // Present, and its content is what its name says. That takes reading all of it, so it is done once in the life of a
  // process; the size is looked at every time. For layers before they are used again; never on the way of a start.
  bool is_whole(const oci::Descriptor& descriptor) const;
  sys::Fd open(const oci::Digest& digest) const;  // kNotFound
  bool remove(const oci::Digest& digest) const;   // false: it was not there

  BlobWriter writer() const { return BlobWriter(root_, verified_); }
  oci::Descriptor put(std::string_view bytes, std::string_view media_type) const;
  // The whole content, hashed again: kCorrupt when it is not what its name says. For manifests and configs.
  std::string read(const oci::Descriptor& descriptor) const;
  std::string read(const oci::Digest& digest) const;

 private:
  DataRoot root_;
  std::shared_ptr<VerifiedBlobs> verified_;
};

}  // namespace minibox::store
