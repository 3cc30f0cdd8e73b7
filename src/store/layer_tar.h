// Layers as archives (OCI image spec, layer.md): an overlay upper directory becomes a compressed tar, and a tar becomes
// a directory that overlayfs takes as a lower layer. Whiteouts change their form on the way:
//   overlayfs                         archive
//   character device 0:0 "name"       empty file ".wh.name"
//   trusted.overlay.opaque=y          empty file ".wh..wh..opq" in the directory
// Any thread may call; each call works on its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "oci/descriptor.h"
#include "oci/digest.h"
#include "store/blob_store.h"
#include "store/byte_source.h"
#include "store/tar_writer.h"
#include "sys/fd.h"

namespace minibox::store {

struct IndexAttempt;  // layer_indexer.h

struct Layer {
  oci::Descriptor blob;                                 // tar+gzip
  oci::Digest diff_id;                                  // of the uncompressed tar
  std::shared_ptr<const IndexAttempt> index = nullptr;  // of one that was written here
};

// What a layer may be, for layers made here and layers from elsewhere alike: what was written can be unpacked again.
struct LayerLimits {
  std::uint64_t max_entries = 2'000'000;
  // Uncompressed size. When unpacking: whichever is larger of a plain amount and a multiple of the blob's size.
  std::uint64_t max_bytes = 8ull << 30;
  std::uint64_t max_ratio = 200;
  // Memory for the directories whose times are set at the end of unpacking: about 800,000 of them.
  std::uint64_t max_directory_memory = 128ull << 20;
  // Bytes of the paths, link targets and attributes that an index lists.
  std::uint64_t max_index_text = 128ull << 20;
};

// Makes a layer blob from entries that `fill` adds: hashed, compressed and hashed again in one pass. kExhausted when
// the archive grows past `max_bytes`.
Layer write_layer(const BlobStore& blobs, const std::function<void(TarWriter&)>& fill,
                  std::uint64_t max_bytes = LayerLimits{}.max_bytes);

// Makes a layer blob from an upper directory that nothing writes to any more. Entries are sorted, so that the same tree
// gives the same digest; the first is "./", the directory itself. Sockets are left out; owner, mode, whole-second
// mtime, hard links, devices, security.capability and user.* attributes are kept. kInternal when the directory has
// overlay features that a layer can't express (redirect, metacopy): it was mounted wrongly. kExhausted past the limits,
// kCancelled soon after `stop` is requested. With `mtime`, seconds since 1970, that is the time of every entry, in the
// archive and in the directory: the layer says nothing about when it was made. `live`: as of TreeRules.
Layer write_layer(const BlobStore& blobs, const std::string& upper_directory, std::stop_token stop = {},
                  const LayerLimits& limits = {}, std::optional<std::int64_t> mtime = {}, bool live = false);

// How the entries of a tree become those of an archive.
struct TreeRules {
  bool layer = true;  // marks of overlayfs become whiteouts; otherwise the tree is a mounted one, and what is mounted
                      // over it is left out
  bool live = false;  // somebody may be changing it: what vanishes is left out, what shrinks is filled up
  std::uint64_t first_id = 0;              // what lies on disk as owner 0
  std::uint64_t id_count = UINT32_MAX;     // others are nobody's
  std::optional<std::int64_t> mtime = {};  // of every entry, in the archive and in the directory
};
// Adds the tree to an archive, as write_layer() does.
void write_tree(TarWriter& tar, const sys::Fd& root, const TreeRules& rules, std::stop_token stop,
                const LayerLimits& limits);

// Unpacks a layer into the empty directory `target` (a parent nobody else writes to). Whatever the archive says,
// nothing outside is touched: names are resolved beneath the directory, ".." is refused, links never lead out. kCorrupt
// when the archive is damaged or its digest is not `diff_id`; kExhausted past the limits; kCancelled soon after `stop`
// is requested. After an error the directory is a half-made one to be removed.
void unpack_layer(sys::Fd blob, const oci::Digest& diff_id, const std::string& target, const std::stop_token& stop = {},
                  const LayerLimits& limits = {});
// Unpacks nothing: kCorrupt unless what the blob holds has the digest `diff_id`.
void check_layer(sys::Fd blob, const oci::Digest& diff_id, const std::stop_token& stop = {},
                 const LayerLimits& limits = {});
// The same as unpack_layer() for an archive whose digest nobody has said, and which may still be coming. Returns the
// digest of what it is uncompressed; an empty one when it is not compressed at all: who hashes the archive itself knows
// it.
oci::Digest unpack_archive(ChunkSource archive, const std::string& target, const std::stop_token& stop = {},
                           const LayerLimits& limits = {});

}  // namespace minibox::store
