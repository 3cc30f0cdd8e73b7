// Reading an image layout from a tar (OCI image spec, image-layout.md), as `skopeo copy ... oci-archive:` writes it.
// The archive is hostile: every blob is verified against its name, every reference against the blobs.
#pragma once

#include <string_view>

#include "oci/index.h"
#include "store/blob_store.h"

namespace minibox::store {

// The top index.json alone, without storing anything. Cheap when it stands near the beginning.
oci::Index read_layout_index(std::string_view tar);

// Stores all blobs and answers with the top index. kCorrupt for damaged archives, wrong digests and missing parts.
oci::Index import_layout(std::string_view tar, const BlobStore& blobs);

}  // namespace minibox::store
