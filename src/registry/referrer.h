// Blobs that belong to an image without being part of it, kept by a registry as long as the image: an artifact manifest
// whose subject is the image (OCI image spec 1.1, manifest.md "artifactType", "subject"). A registry that does not know
// subjects finds it in an index under a tag made of the image's digest (distribution spec, "Referrers Tag Schema").
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "registry/client.h"

namespace minibox::registry {

struct Artifact {
  std::string type;
  oci::Descriptor subject;  // the image's manifest
  std::vector<oci::Descriptor> blobs;
};

Document print_artifact(const Artifact& artifact);  // the manifest
std::string referrers_tag(const oci::Digest& subject);
// The index under that tag with the artifact in it: `before` is what stands there, or nothing. Nothing: it is in it.
// What others wrote stays as it is. kInvalid when `before` is no index.
std::optional<Document> add_referrer(const std::optional<Document>& before, const Document& artifact,
                                     const std::string& type);

}  // namespace minibox::registry
