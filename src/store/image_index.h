// index.json of the data root: which name is which manifest. An OCI image index, each descriptor named by the
// annotation org.opencontainers.image.ref.name. "busybox" and "busybox:latest" are one entry, listed as the user named
// it last. An image may also be named by its digest ("app@sha256:..."), beside others of its repository. Read once,
// then kept in memory (one daemon owns a data root) and replaced atomically on the disk. A damaged file is kCorrupt at
// every call until it is repaired: never taken for an empty one. Any thread may call.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "oci/descriptor.h"
#include "oci/reference.h"
#include "store/data_root.h"

namespace minibox::store {

// On entries of images that came from a registry: the digest that the name stood for there, when it is not the
// manifest's, and a repository, "registry/path", known to have all of its blobs.
inline constexpr char kRequestedAnnotation[] = "minibox.requested-digest";
inline constexpr char kRepositoryAnnotation[] = "minibox.repository";

class ImageIndex {
 public:
  struct Entry {
    std::string name;  // as the user named it
    oci::Descriptor manifest;
  };

  explicit ImageIndex(const DataRoot& root) : path_(root.index_file()) {}

  // With a digest in the reference: the entry of this repository with that digest, whatever its tag; also the digest of
  // the index that the manifest was chosen from (kRequestedAnnotation).
  std::optional<Entry> find(const oci::Reference& reference) const;
  // As the user may write it: a name, which wins, or the image's id as `minibox images` shows it: 12 or more digits of
  // the manifest's digest, with or without "sha256:". Of an image with several names the first. Error kInvalid: no
  // name, or an id that fits different images.
  std::optional<Entry> find(const std::string& name_or_id) const;
  std::vector<Entry> list() const;  // by normalised name
  // A digest in the name must be one that find() would find.
  enum class Put { kReplace, kIfFree };  // kIfFree: no-op when the name stands for something
  void put(const oci::Reference& name, oci::Descriptor manifest, Put how = Put::kReplace);
  // Says one thing more about an entry, as long as its name stands for the manifest `expected`; false when it does not
  // any more.
  bool annotate(const oci::Reference& name, const oci::Digest& expected, const std::string& key,
                const std::string& value);
  bool remove(const oci::Reference& reference);  // false when there is none

 private:
  using Entries = std::map<std::string, Entry>;  // by normalised name

  Entries& entries() const;  // the caller holds mutex_
  const Entry* look_up(const oci::Reference& reference) const;
  void save(const Entries& entries) const;
  void replace(Entries changed);

  std::string path_;
  mutable std::mutex mutex_;
  mutable std::optional<Entries> entries_;
};

}  // namespace minibox::store
