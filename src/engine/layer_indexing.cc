#include "engine/layer_indexing.h"

namespace minibox::engine {

void keep_index(EngineState& state, const store::Layer& layer) {
  if (state.config.index_layers && layer.index) state.images.indexes().put(layer.blob.digest, *layer.index);
}

void index_later(EngineState& state, const store::Image& image) {
  if (!state.config.index_layers) return;
  for (const oci::Descriptor& layer : image.manifest.layers) {
    if (state.images.indexes().find(layer.digest)) continue;
    const oci::Digest& digest = layer.digest;
    state.indexing.post("layer " + digest.text(), [&state, digest](const std::stop_token& stop) {
      if (state.images.blobs().has(digest)) state.images.indexes().ensure(digest, stop);  // it may be gone meanwhile
    });
  }
}

void index_all_later(EngineState& state) {
  if (!state.config.index_layers || !state.config.index_on_startup) return;
  state.indexing.post("look for layers without an index", [&state](const std::stop_token&) {
    for (const store::ImageEntry& entry : state.images.list()) {
      if (const store::ImagePointer image = state.images.try_resolve(entry.name)) index_later(state, *image);
    }
  });
}

}  // namespace minibox::engine
