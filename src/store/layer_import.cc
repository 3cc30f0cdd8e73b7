#include "store/layer_import.h"

#include <fcntl.h>

#include <array>
#include <string>

#include "base/error.h"
#include "store/decompressor.h"
#include "sys/file.h"
#include "sys/root_dir.h"

namespace minibox::store {
namespace {

std::string_view media_type_of(const sys::Fd& archive) {
  std::array<char, 4> magic{};
  const size_t size = sys::read_some_at(archive, magic.data(), magic.size(), 0);
  switch (compression_of({magic.data(), size})) {
    case Compression::kGzip:
      return oci::kGzipLayerMediaType;
    case Compression::kZstd:
      return oci::kZstdLayerMediaType;
    case Compression::kNone:
      break;
  }
  return oci::kTarLayerMediaType;
}

oci::Descriptor store_blob(const BlobStore& blobs, const sys::Fd& archive, const std::stop_token& stop) {
  BlobWriter blob = blobs.writer();
  std::string buffer(256u << 10, '\0');
  while (const size_t got = sys::read_some_at(archive, buffer.data(), buffer.size(), blob.size())) {
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    blob.write({buffer.data(), got});
  }
  oci::Descriptor stored = blob.commit();
  stored.media_type = media_type_of(archive);
  return stored;
}

// Its files would make an image without a single program.
void refuse_image(const std::string& directory) {
  const sys::RootDir root = sys::RootDir::open(directory);
  const auto has = [&](const char* name) { return root.try_open_beneath(name, O_PATH | O_NOFOLLOW).has_value(); };
  const bool is_layout = has("oci-layout") && has("index.json");
  const bool is_docker_archive = has("manifest.json") && (has("repositories") || has("blobs"));
  if (!is_layout && !is_docker_archive) return;
  throw Error(ErrorKind::kUnsupported, "the archive holds an image, not a root file system")
      .with_hint("load it as an image, or unpack its layers into one directory and archive that");
}

}  // namespace

Layer import_layer(const DataRoot& root, const BlobStore& blobs, OverlaySnapshotter& snapshots, const sys::Fd& archive,
                   const std::stop_token& stop, const LayerLimits& limits) {
  Layer layer;
  layer.blob = store_blob(blobs, archive, stop);
  const sys::TempDir directory(root.tmp(), "import-");
  snapshots.make_writable(directory.path());
  const std::string upper = directory.path() + "/upper";
  layer.diff_id = unpack_archive(blobs.open(layer.blob.digest), upper, stop, limits);
  refuse_image(upper);
  snapshots.commit(directory.path(), layer.diff_id);
  return layer;
}

}  // namespace minibox::store
