// A root file system archive that somebody brings becomes a layer: the blob is the archive as it is, so that its bytes
// alone decide what every image made of it is called. As hostile as any layer.
#pragma once

#include <stop_token>

#include "store/blob_store.h"
#include "store/layer_tar.h"
#include "store/overlay_snapshotter.h"
#include "sys/fd.h"

namespace minibox::store {

// tar, tar+gzip or tar+zstd, told by its first bytes; a file's position is left alone. The layer is unpacked and
// known to the snapshotter when this returns. kCorrupt for what is none; kUnsupported for an archive of an image (OCI
// layout, docker-archive); kExhausted past the limits; kCancelled soon after `stop` is requested.
Layer import_layer(const DataRoot& root, const BlobStore& blobs, OverlaySnapshotter& snapshots,
                   const ByteSource& archive, const std::stop_token& stop, const LayerLimits& limits = {});
Layer import_layer(const DataRoot& root, const BlobStore& blobs, OverlaySnapshotter& snapshots, const sys::Fd& archive,
                   const std::stop_token& stop, const LayerLimits& limits = {});

}  // namespace minibox::store
