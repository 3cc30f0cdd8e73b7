// When the indexes of layers are made (store/layer_index.h): of a layer written here at once, of what comes from
// elsewhere in the background, and of what is missing then by ImageStore::put_image().
#pragma once

#include "engine/engine_state.h"
#include "store/image_store.h"
#include "store/layer_tar.h"

namespace minibox::engine {

// Of a layer that was just written; the caller holds a lease.
void keep_index(EngineState& state, const store::Layer& layer);
void index_later(EngineState& state, const store::Image& image);
void index_all_later(EngineState& state);  // at start: the layers of all images

}  // namespace minibox::engine
