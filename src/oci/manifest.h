// Image manifest: the config and the layers of one image, bottom first (OCI image spec, manifest.md; Docker schema 2
// reads the same). A manifest's digest is over its bytes as received: keep those, never print a parsed one again.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"

namespace minibox::oci {

struct Manifest {
  std::string media_type{kManifestMediaType};
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;
  bool operator==(const Manifest&) const = default;

  static Manifest parse(std::string_view bytes);  // kInvalid, kUnsupported for media types we can't unpack
  std::string print() const;                      // for manifests we make
};

bool is_layer_media_type(std::string_view media_type);            // tar, tar+gzip, tar+zstd of OCI and Docker
std::string oci_layer_media_type(const std::string& media_type);  // the OCI name of one of Docker's; others unchanged

}  // namespace minibox::oci
