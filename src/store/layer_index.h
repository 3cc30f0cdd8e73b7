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
// The index is stored as a blob (zstd of JSON), and the manifest's descriptor of the layer names it in an annotation:
// so whoever trusts the manifest's digest may trust the index, and what it says of the content. The same layer always
// gives the same index. Plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "oci/digest.h"
#include "store/tar_writer.h"

namespace minibox::store {

inline constexpr std::string_view kLayerIndexMediaType = "application/vnd.minibox.layer-index.v1+json+zstd";
inline constexpr std::string_view kLayerIndexAnnotation = "minibox.layer-index";  // of a layer: the index's digest

struct IndexedEntry {
  TarEntry entry;             // `path` clean, relative, without ".."
  std::int64_t mtime_ns = 0;  // beside the entry's seconds
  std::uint64_t content =
      0;  // regular files: where the content begins; contiguous; a layer with sparse members has no index
};

struct LayerChunk {
  std::uint64_t offset = 0;  // in the uncompressed archive; it ends where the next one begins
  std::uint64_t blob_offset = 0;
  std::uint64_t blob_end = 0;  // past the last byte of the blob that is needed
  unsigned bits = 0;         // gzip in the middle of a stream: how many bits of the byte before blob_offset come first
  bool raw_deflate = false;  // gzip in the middle of a stream: no member header comes
  std::string window;        // gzip in the middle of a stream: the uncompressed bytes before it
  oci::Digest digest;        // of the uncompressed bytes
};

struct LayerIndex {
  oci::Digest blob;
  std::uint64_t blob_size = 0;
  oci::Digest diff_id;
  std::uint64_t size = 0;  // of the uncompressed archive
  std::vector<IndexedEntry> entries;
  std::vector<LayerChunk> chunks;

  // kCorrupt, also for what no layer would say: paths that lead out, ranges outside of the blob, sums that overflow.
  // kExhausted past the limits of LayerLimits.
  static LayerIndex parse(std::string_view blob);
  std::string print() const;
};

}  // namespace minibox::store
