// The config of an artifact that needs none (OCI image spec, manifest.md, "Guidance for an Empty Descriptor").
#pragma once

#include <stop_token>

#include "oci/descriptor.h"
#include "registry/client.h"

namespace minibox::registry {

oci::Descriptor empty_config();
// Before the first artifact: a registry refuses a manifest whose blobs it does not have.
void ensure_empty_config(Client& client, const std::stop_token& stop, const OnRetry& on_retry);

}  // namespace minibox::registry
