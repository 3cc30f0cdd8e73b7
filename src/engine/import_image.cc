// minibox import: a root file system becomes an image.
#include "base/clock.h"
#include "base/error.h"
#include "build/image_changes.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "oci/reference.h"
#include "store/layer_import.h"

namespace minibox::engine {

std::string Engine::import_image(const wire::ImportRequest& request, const ArchiveSource& source) {
  EngineState& state = *state_;
  oci::Reference::parse(request.image);
  oci::ImageConfig config;
  for (const std::string& change : request.changes) build::apply_change(config, change);
  config.created = now_rfc3339();
  const store::ImageStore::Lease lease(state.images);
  const store::Layer layer = with_context("import", [&] {
    return store::import_layer(state.data_root, state.images.blobs(), state.snapshots, store::ByteSource(source), {});
  });
  config.diff_ids = {layer.diff_id};
  const std::string comment = request.message.empty() ? "imported" : request.message;
  config.history = {{.created = config.created, .created_by = {}, .author = {}, .comment = comment}};
  return state.images.put_image(request.image, config.print(), {layer.blob})->manifest_digest.text();
}

}  // namespace minibox::engine
