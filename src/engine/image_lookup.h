// Images as the use cases need them: there and unpacked, or an error that says what to do.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/container.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "store/image_store.h"

namespace minibox::engine {

// Whether the name is known here, be the image damaged or not.
bool is_here(EngineState& state, const std::string& reference);
store::ImagePointer require_image(EngineState& state, const std::string& reference);  // kNotFound
// For a name that no image has: kNotFound, which says so when it is still on its way (lazy_image.h), with the remedy.
Error missing_image(const EngineState& state, const std::string& reference);
Error not_whole_yet(ErrorKind kind, const std::string& reference);
// pull_image.cc: from its registry, in the words of a build's log. kNotFound, also when no registry could be asked. The
// caller holds a Lease.
store::ImagePointer pull_base(EngineState& state, const std::string& image,
                              const std::vector<wire::RegistryAuth>& auths, const LogSink& log, std::stop_token stop);
// pull_image.cc: fetches and unpacks what is missing of the image that this name stood for, and gives it the name. The
// caller holds no Lease.
void complete_image(EngineState& state, const std::string& name, const oci::Digest& requested,
                    const wire::RegistryAuth& auth, std::stop_token stop);
bool is_whole(const EngineState& state, const store::Image& image);               // all its layers are stored
store::ImagePointer image_of(EngineState& state, const ContainerRecord& record);  // by digest
// Before a container's layers are mounted: unpacks again what a power cut has taken of them, from the blobs, which are
// kept while there is the container; those of a lazy one are mounted again. Cheap when they are all there. The caller
// holds a LazyLayers::Use.
void ensure_layers(EngineState& state, const ContainerRecord& record);

}  // namespace minibox::engine
