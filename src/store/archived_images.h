// The images in an archive, whichever of the three forms it has:
//   OCI image layout   oci-layout, index.json; names are annotations
//   docker-archive     manifest.json: config and layers by path, and the names
//   meta.json alone    the form that MiniBox had first: one name and the manifest's digest
// An archive that is all three at once is read as a layout; manifest.json then tells the names. Nothing that an archive
// says of itself is believed: sizes, digests and diff_ids are compared with what came. No files are touched here.
#pragma once

#include <string>
#include <vector>

#include "oci/descriptor.h"
#include "oci/digest.h"
#include "store/image_archive.h"

namespace minibox::store {

struct ArchivedImage {
  std::vector<std::string> names;  // may be none
  oci::Descriptor manifest;
  std::string manifest_bytes;
  oci::Descriptor config;
  std::string config_bytes;
  std::vector<StagedLayerPointer> layers;  // bottom first
  std::vector<StagedLayerPointer>
      indexes;  // of the layers, as far as the archive has them: read as what they look like
};

// Multi-platform images: the one for this machine. kCorrupt for what does not fit together; kUnsupported for an image
// of another platform; kInvalid for documents that make no sense.
std::vector<ArchivedImage> find_images(const ImageArchive& archive);

}  // namespace minibox::store
