#include "engine/layer_indexing.h"

#include "base/error.h"

namespace minibox::engine {

void keep_index(EngineState& state, const store::Layer& layer) {
  if (state.config.index_layers && layer.index) state.images.indexes().put(layer.blob.digest, *layer.index);
}

void index_later(EngineState& state, const store::Image& image) {
  if (!state.config.index_layers) return;
  for (const oci::Descriptor& layer : image.manifest.layers) {
    if (state.images.indexes().find(layer.digest)) continue;
    state.indexing.post("index a layer", [&state, digest = layer.digest] {
      const std::stop_token stop = state.end_indexing.get_token();
      if (stop.stop_requested() || !state.images.blobs().has(digest)) return;  // the image may have gone meanwhile
      try {
        state.images.indexes().ensure(digest, stop);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kCancelled) throw;
      }
    });
  }
}

void index_all_later(EngineState& state) {
  if (!state.config.index_layers || !state.config.index_on_startup) return;
  state.indexing.post("look for layers without an index", [&state] {
    for (const store::ImageEntry& entry : state.images.list()) {
      if (const store::ImagePointer image = state.images.try_resolve(entry.name)) index_later(state, *image);
    }
  });
}

}  // namespace minibox::engine
