// Images that run before they are here: manifest, config and the layers' indexes are fetched, the layers are mounted as
// they lie in the registry, and the rest comes in the background.
#pragma once

#include "base/error.h"
#include "engine/engine_state.h"
#include "store/image_store.h"
#include "wire/registry_auth.h"

namespace minibox::engine {

// The image of this name, each layer of it unpacked or mounted. The caller holds a Lease and a LazyLayers::Use. An
// image that can't run like this is unpacked if it is here; otherwise kUnsupported, which says why: the caller pulls
// it.
store::ImagePointer require_lazy_image(EngineState& state, const std::string& reference, const wire::RegistryAuth& auth,
                                       const std::stop_token& stop);

// Whether no image has this name yet, but one is being fetched for it or a container runs on what has come.
bool is_on_its_way(const EngineState& state, const std::string& reference);

// Of an image that has come: whether the indexes that containers may have seen it by tell the truth. The log has it
// when they don't.
void check_indexes_later(EngineState& state, const std::string& name, const oci::Digest& manifest);

// Mounts the layers of a container's image again that can't be used, and fetches the rest again if nobody does, both
// without anybody's credentials. The caller holds a LazyLayers::Use.
void mount_lazy_layers(EngineState& state, const ContainerRecord& record, const store::Image& image);

// Says of an error of reading a container's files that its lazy layers are why, if they can be, and what helps. Takes
// no container's mutex.
void explain_lazy_read(const EngineState& state, const Container& container, Error& error);

// At daemon start: what former daemons have mounted is taken over, or removed if nobody needs it, and their pulls go
// on.
void resume_lazy_images(EngineState& state);

// Unmounts the layers that nobody needs any more; put off while somebody may begin to. -> how many
size_t sweep_lazy_layers(EngineState& state);
void sweep_lazy_layers_later(EngineState& state);

}  // namespace minibox::engine
