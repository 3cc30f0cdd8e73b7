// Content-addressed blobs: blobs/sha256/<hex>. A blob is verified on the way in and appears under its name only when it
// is whole and on the disk, so a name that exists can be trusted after a crash. Blobs never change.
// Any thread may call; a BlobWriter belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oci/descriptor.h"
#include "store/data_root.h"
#include "store/sha256.h"
#include "sys/fd.h"

namespace minibox::store {

// A blob on its way in: write() the bytes, then commit(). Destroying it uncommitted leaves nothing.
class BlobWriter {
 public:
  explicit BlobWriter(const DataRoot& root);
  BlobWriter(BlobWriter&& other) noexcept;
  ~BlobWriter();

  void write(std::string_view bytes);
  std::uint64_t size() const { return size_; }

  // Makes it durable and names it. The descriptor has no media type yet.
  oci::Descriptor commit();
  // The same, but kCorrupt unless digest and size are the expected ones.
  void commit_as(const oci::Digest& digest, std::uint64_t size);

 private:
  oci::Descriptor finish();

  DataRoot root_;
  std::string path_;
  sys::Fd file_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

class BlobStore {
 public:
  explicit BlobStore(const DataRoot& root) : root_(root) {}

  bool has(const oci::Digest& digest) const;
  // Present with exactly this size; a blob cut short by a damaged disk is not.
  bool has(const oci::Descriptor& descriptor) const;
  sys::Fd open(const oci::Digest& digest) const;  // kNotFound
  std::uint64_t size(const oci::Digest& digest) const;

  BlobWriter writer() const { return BlobWriter(root_); }
  oci::Descriptor put(std::string_view bytes, std::string_view media_type) const;
  // The whole content, hashed again: kCorrupt when it is not what its name says. For manifests and configs.
  std::string read(const oci::Descriptor& descriptor) const;
  std::string read(const oci::Digest& digest) const;

 private:
  DataRoot root_;
};

}  // namespace minibox::store
