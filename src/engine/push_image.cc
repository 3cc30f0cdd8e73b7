// minibox push, tag and login.
#include "base/error.h"
#include "base/registry_name.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/lazy_image.h"
#include "engine/push_log.h"
#include "engine/registry_access.h"
#include "engine/store_blobs.h"
#include "oci/reference.h"
#include "registry/push.h"

namespace minibox::engine {
namespace {

registry::Document stored_manifest(EngineState& state, const store::Image& image) {
  registry::Document manifest;
  manifest.bytes = state.images.blobs().read(image.manifest_digest);
  manifest.descriptor = {image.manifest.media_type, image.manifest_digest, manifest.bytes.size(), {}, {}};
  return manifest;
}

}  // namespace

void Engine::push(const std::string& name, const wire::RegistryAuth& auth, const LogSink& log, std::stop_token stop) {
  EngineState& state = *state_;
  const oci::Reference reference = oci::Reference::parse(name);
  if (reference.digest()) {
    throw Error(ErrorKind::kInvalid, "cannot push " + quote(name) + ": a tag is needed, not a digest")
        .with_hint("minibox tag " + name + " NAME:TAG");
  }
  const store::ImageStore::Lease lease(state.images);
  const store::ImagePointer image = state.images.resolve(name);
  if (!image && is_on_its_way(state, name)) throw missing_image(state, name);
  const std::vector<std::string> names = state.images.names_meant(name);
  if (!image || oci::Reference::parse(names.at(0)).name() != reference.name()) {  // an id is no place to push to
    throw Error(ErrorKind::kNotFound, "image not found: " + quote(name))
        .with_hint("give an image this name first: minibox tag IMAGE " + name);
  }
  try {
    registry::Access access = open_registries(state.config, {auth});
    StoreSource source(state);
    PushLog events("[push] ", log);
    registry::push(*access.client(reference),
                   {.tag = reference.tag().empty() ? "latest" : reference.tag(),
                    .manifest = stored_manifest(state, *image),
                    .attached_type = std::string(store::kLayerIndexArtifact),
                    .attached = state.images.indexes().named_by(image->manifest),
                    .known_at = known_elsewhere(state, reference)},
                   source, events, std::move(stop));
    state.images.remember_pushed(name, image->manifest_digest);
  } catch (Error& error) {
    add_login_hint(error, reference);
    error.add_context("push " + quote(name));
    throw;
  }
  log("[push] successfully pushed " + name);
}

void Engine::tag_image(const std::string& image, const std::string& name) {
  const store::ImageStore::Lease lease(state_->images);
  if (oci::Reference::parse(name).digest()) {
    throw Error(ErrorKind::kInvalid, "image name " + quote(name) + " has a digest, which can't be chosen");
  }
  if (!state_->images.find(image)) throw missing_image(*state_, image);
  state_->images.tag(image, name);
}

void Engine::check_login(const wire::RegistryAuth& auth, std::stop_token stop) {
  registry::Access access = open_registries(state_->config, {auth});
  access.client(normal_registry(auth.server))->check_login(std::move(stop));
}

}  // namespace minibox::engine
