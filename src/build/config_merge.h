// From the base image's config and a MiniBox file to the config of the image. Pure.
#pragma once

#include <string>
#include <vector>

#include "build/block_executor.h"
#include "build/document.h"
#include "build/graph.h"
#include "build/plan.h"
#include "build/scope.h"
#include "oci/image_config.h"

namespace minibox::build {

// What the first block sees: environment, working directory and user of the base image.
Scope base_scope(const oci::ImageConfig& base);

// Label values of a health check: the command's words joined by byte 0x1f, and the interval in seconds, rounded up.
// Docker's Healthcheck object is written beside them.
inline constexpr const char* kHealthCommandLabel = "mini.healthcheck.cmd";
inline constexpr const char* kHealthIntervalLabel = "mini.healthcheck.interval";

// The base's config changed by the blocks whose layers are in the image, in stacking order: ENV over the base's
// environment, the last WORKDIR and USER, PORT and VOLUME added; START replaces Cmd and keeps Entrypoint. What a block
// outside the image sets (BNEED, COPY FROM) stays out of it. `base` is that of the image's blocks. diff_ids and history
// are the base's.
oci::ImageConfig merge_config(const Document& document, const Graph& graph, const oci::ImageConfig& base);

// Adds the layers of the image: `results` are those of the plan's blocks. `created` is RFC 3339, or
// empty: then the config does not say.
void add_layers(oci::ImageConfig& config, const Plan& plan, const std::vector<BlockResult>& results,
                const std::string& created);

}  // namespace minibox::build
