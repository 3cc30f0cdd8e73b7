#include "oci/descriptor.h"

namespace minibox::oci {

bool Descriptor::is_index() const {
  return media_type == kIndexMediaType || media_type == kDockerIndexMediaType;
}
bool Descriptor::is_manifest() const {
  return media_type == kManifestMediaType || media_type == kDockerManifestMediaType;
}

}  // namespace minibox::oci
