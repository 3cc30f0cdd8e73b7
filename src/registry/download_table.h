// Which blobs are being fetched just now, so that several pulls of one blob fetch it once.
#pragma once

#include "base/claim_table.h"
#include "oci/digest.h"

namespace minibox::registry {

using DownloadTable = ClaimTable<oci::Digest>;

}  // namespace minibox::registry
