// Which machine an image is for (OCI image spec, image-index.md, "platform"), and the choice of one from an index. Pure
// functions on values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"

namespace minibox::oci {

Platform host_platform();  // of this program, and so of what it can run

// "linux/arm64/v8", "linux/arm64" or "arm64"; the names that uname(1) gives are taken too ("aarch64"). kInvalid.
Platform parse_platform(std::string_view text);
std::string print_platform(const Platform& platform);  // "linux/arm64/v8"

// Whether a machine of kind `wanted` runs what was made for `offered`; an absent variant is the architecture's plain
// one.
bool runs_on(const Platform& offered, const Platform& wanted);

// The first manifest that fits best: the nearest variant that the wanted one still runs. Nothing when none fits.
std::optional<Descriptor> choose_manifest(const std::vector<Descriptor>& manifests, const Platform& wanted);

}  // namespace minibox::oci
