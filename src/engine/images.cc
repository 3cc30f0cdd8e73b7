// minibox images and rmi.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/lazy_image.h"
#include "oci/reference.h"
#include "store/embedded/embedded_busybox.h"

namespace minibox::engine {
namespace {

constexpr char kEmbedded[] = "busybox";

bool is_embedded_name(const std::string& reference) {
  const oci::Reference name = oci::Reference::parse(reference);
  return !name.digest() && name.name() == oci::Reference::parse(kEmbedded).name();
}

}  // namespace

bool is_here(EngineState& state, const std::string& reference) {
  return state.images.find(reference) || is_embedded_name(reference);
}

Error missing_image(const EngineState& state, const std::string& reference) {
  if (is_on_its_way(state, reference)) return not_whole_yet(ErrorKind::kNotFound, reference);
  return Error(ErrorKind::kNotFound, "image not found: " + quote(reference))
      .with_hint("minibox images lists what is here; fetch it with: minibox pull " + reference);
}

Error not_whole_yet(ErrorKind kind, const std::string& reference) {
  return Error(kind, "image " + quote(reference) + " has not come as a whole yet")
      .with_hint("try again when it has, or pull it: minibox pull " + reference);
}

store::ImagePointer require_image(EngineState& state, const std::string& reference) {
  store::ImagePointer image = state.images.resolve(reference);
  if (!image && is_embedded_name(reference)) {
    state.images.ensure_embedded(kEmbedded, store::embedded_busybox_image());  // removed by hand; it is always there
    image = state.images.resolve(reference);
  }
  if (!image) throw missing_image(state, reference);
  state.images.ensure_unpacked(*image);
  return image;
}

store::ImagePointer image_of(EngineState& state, const ContainerRecord& record) {
  store::ImagePointer image = state.images.resolve_digest(oci::Digest::parse(record.info.image_digest));
  if (!image) throw Error(ErrorKind::kNotFound, "image " + record.info.image_digest + " of the container is gone");
  return image;
}

void ensure_layers(EngineState& state, const ContainerRecord& record) {
  const auto is_there = [&](const oci::Digest& layer) { return state.snapshots.has(layer); };
  if (std::all_of(record.layers.begin(), record.layers.end(), is_there)) return;
  const store::ImagePointer image = image_of(state, record);
  if (record.request.lazy) return mount_lazy_layers(state, record, *image);
  state.images.ensure_unpacked(*image);
}

// Of containers: running or not, their images and layers are in use.
store::ImageStore::Keep used_by_containers(EngineState& state) {
  store::ImageStore::Keep keep;
  for (const ContainerPtr& container : state.containers.all()) {
    keep.manifests.push_back(oci::Digest::parse(container->shown().image_digest));
    for (const oci::Digest& layer : container->record.layers) keep.others.push_back(layer);
  }
  return keep;
}

// What garbage collection must leave alone beside the named images.
store::ImageStore::Keep in_use(EngineState& state) {
  store::ImageStore::Keep keep = used_by_containers(state);
  const std::vector<oci::Digest> cached = state.layer_cache.referenced();
  keep.others.insert(keep.others.end(), cached.begin(), cached.end());
  return keep;
}

void collect_garbage(EngineState& state) {
  state.images.collect_garbage([&] { return in_use(state); });
}

std::vector<wire::ImageSummary> Engine::list_images() const {
  std::vector<wire::ImageSummary> list;
  for (const store::ImageEntry& entry : state_->images.list()) {
    if (!entry.damage.empty()) {
      spdlog::warn("image '{}' ({}) is damaged: {}; remove it with: minibox rmi {}, or build it again", entry.name,
                   entry.digest.text(), entry.damage, entry.name);
    }
    list.push_back({entry.name, entry.size_bytes, entry.digest.text(), entry.created});
  }
  return list;
}

namespace {

// What rmi removes: one name, or with `force` all that the image of an id has.
std::vector<std::string> names_to_remove(const store::ImageStore& images, const std::string& reference, bool force) {
  std::vector<std::string> names = images.names_meant(reference);
  if (names.size() <= 1 || force) return names;
  throw Error(ErrorKind::kConflict, "image " + quote(reference) + " has several names: " + join(names, ", "))
      .with_hint("remove it by each name, or with all of them: minibox rmi -f " + reference);
}

}  // namespace

void Engine::remove_image(const std::string& reference, bool force) {
  EngineState& state = *state_;
  const std::optional<oci::Digest> digest = state.images.find(reference);
  if (!digest) throw Error(ErrorKind::kNotFound, "image not found: " + quote(reference));
  const std::vector<std::string> names = names_to_remove(state.images, reference, force);
  for (const ContainerPtr& container : state.containers.all()) {
    const wire::ContainerInfo info = container->shown();
    if (info.image_digest != digest->text()) continue;
    throw Error(ErrorKind::kConflict, "image " + quote(reference) + " is used by container " + info.id)
        .with_hint("remove it first: minibox rm -f " + info.id);
  }
  for (const std::string& name : names) state.images.remove(name);
  with_context("image " + quote(reference) + " is removed; its space", [&] { collect_garbage(state); });
}

}  // namespace minibox::engine
