// The index of a layer: what is needed to show its files, and to read any of them, without having read the layer.
// A list of the archive's entries, and chunks: parts of the uncompressed archive that can be made from a range of the
// blob's bytes alone. Each chunk's digest is in the index, so that what is read is checked without the rest.
//
//   entries   as the archive has them, whiteouts and hard links too; `content` is an offset in the uncompressed archive
//   chunks    in order, without gaps, from 0 to the end of the uncompressed archive
//
// A gzip layer made here begins a new member at each chunk, a foreign one is entered in the middle of its stream with
// the 32 KiB before that point (zlib's examples/zran.c explains how). zstd begins a chunk at each frame.
//
// The index is stored as a blob, and the manifest's descriptor of the layer names it in an annotation: so whoever
// trusts the manifest's digest may trust the index, and what it says of the content. The same layer always gives the
// same index. In the blob, compressed with zstd, is a line of JSON for the layer, then one a chunk, then one an entry:
// it is read line by line, however long it is. Plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "oci/digest.h"
#include "store/decompressor.h"
#include "store/tar_writer.h"

namespace minibox::store {

inline constexpr std::string_view kLayerIndexMediaType = "application/vnd.minibox.layer-index.v1+json+zstd";
inline constexpr std::string_view kLayerIndexAnnotation = "minibox.layer-index";  // of a layer: the index's digest

// What a registry calls the indexes of an image's layers, kept with the image.
inline constexpr std::string_view kLayerIndexArtifact = "application/vnd.minibox.layer-index.v1";

inline constexpr std::size_t kMaxLayerIndex = 64u << 20;   // bytes of an index's blob
inline constexpr std::size_t kMaxIndexText = 512u << 20;   // bytes in it, uncompressed
inline constexpr std::uint64_t kMaxWindows = 128u << 20;   // of all chunks
inline constexpr std::uint64_t kMaxChunkSize = 64u << 20;  // what a reader holds of a chunk, compressed or not

// What the annotation says; nothing when there is none, or it is no digest.
std::optional<oci::Digest> named_index(const oci::Descriptor& layer);

struct IndexedEntry {
  // `path` and a hard link's target are clean, relative, without ".."; the layer's root is "". A hard link has no other
  // attributes: they are those of the file it leads to. `xattrs` are those of is_stored_xattr().
  TarEntry entry;
  std::int64_t mtime_ns = 0;  // beside the entry's seconds
  std::uint64_t content =
      0;  // regular files: where the content begins; contiguous; a layer with sparse members has no index
};

struct LayerChunk {
  std::uint64_t offset = 0;  // in the uncompressed archive; it ends where the next one begins
  std::uint64_t blob_offset = 0;
  std::uint64_t blob_end = 0;  // past the last byte of the blob that is needed
  unsigned bits = 0;         // gzip in the middle of a stream: how many bits of the byte before blob_offset come first
  bool raw_deflate = false;  // gzip in the middle of a stream: no member header comes, and no second member
  std::string window{};      // gzip in the middle of a stream: the uncompressed bytes before it
  oci::Digest digest{};      // of the uncompressed bytes
};

struct LayerIndex {
  oci::Digest blob{};
  std::uint64_t blob_size = 0;
  oci::Digest diff_id{};
  std::uint64_t size = 0;  // of the uncompressed archive
  Compression compression = Compression::kNone;
  std::vector<IndexedEntry> entries{};
  std::vector<LayerChunk> chunks{};

  std::uint64_t chunk_size(std::size_t chunk) const {  // uncompressed
    return (chunk + 1 < chunks.size() ? chunks[chunk + 1].offset : size) - chunks[chunk].offset;
  }

  // What every index promises, as parse() has verified it: ranges lie within the blob and the archive, chunks are
  // within kMaxChunkSize, an entry's parent is no earlier entry that is not a directory, a hard link's target is an
  // earlier entry that is none. layer_index_check.cc. kCorrupt; kExhausted past the limits of LayerLimits.
  void check() const;

  // kCorrupt for what is no index, and for what check() refuses; kExhausted past the limits.
  static LayerIndex parse(std::string_view blob);
  // Of what check() accepts. kExhausted when it would be more text than parse() takes.
  std::string print(std::size_t max_text = kMaxIndexText) const;
};

}  // namespace minibox::store
