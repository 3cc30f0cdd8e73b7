// The option --change of import and commit: one instruction on the config of an image. Docker's words, and MiniBox's
// own where they differ. Pure.
#pragma once

#include <string>

#include "oci/image_config.h"

namespace minibox::build {

// CMD, ENTRYPOINT (JSON array, or a line for /bin/sh -c), START (words), ENV, LABEL (K=V...), EXPOSE and PORT, USER,
// VOLUME, WORKDIR, STOPSIGNAL. kInvalid for anything else.
void apply_change(oci::ImageConfig& image, const std::string& change);

}  // namespace minibox::build
