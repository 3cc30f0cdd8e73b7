#include "store/layer_import.h"

#include <fcntl.h>

#include <string>

#include "base/cancellation.h"
#include "base/error.h"
#include "store/layer_intake.h"
#include "sys/file.h"
#include "sys/root_dir.h"

namespace minibox::store {
namespace {

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

// What is left of a pipe whose first command failed; as a tar it would be an image without a file.
void refuse_nothing(const LayerIntake& intake) {
  if (intake.size() > 0) return;
  throw Error(ErrorKind::kCorrupt, "the archive is empty: it has no bytes at all")
      .with_hint("see whether what should have written it failed");
}

}  // namespace

Layer import_layer(const DataRoot& root, const BlobStore& blobs, OverlaySnapshotter& snapshots,
                   const ByteSource& archive, const std::stop_token& stop, const LayerLimits& limits) {
  LayerIntake intake(root, blobs, limits);
  std::string buffer(256u << 10, '\0');
  while (const size_t got = archive(buffer.data(), buffer.size())) {
    throw_if_stopped(stop);
    intake.write({buffer.data(), got});
  }
  refuse_nothing(intake);
  StagedLayer layer = intake.finish();
  if (layer.damage) throw Error(*layer.damage);
  refuse_image(layer.directory->path() + "/upper");
  layer.blob->commit_as(layer.descriptor.digest, layer.descriptor.size);
  snapshots.commit(layer.directory->path(), layer.diff_id);
  return {layer.descriptor, layer.diff_id};
}

Layer import_layer(const DataRoot& root, const BlobStore& blobs, OverlaySnapshotter& snapshots, const sys::Fd& archive,
                   const std::stop_token& stop, const LayerLimits& limits) {
  const auto read = [&archive, at = std::uint64_t{0}](char* buffer, size_t size) mutable {
    const size_t got = sys::read_some_at(archive, buffer, size, at);
    at += got;
    return got;
  };
  return import_layer(root, blobs, snapshots, ByteSource(read), stop, limits);
}

}  // namespace minibox::store
