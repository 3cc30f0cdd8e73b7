// minibox commit: a container's image with the container's changes as one more layer.
#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/undo.h"
#include "build/image_changes.h"
#include "build/scope.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/layer_indexing.h"
#include "oci/reference.h"
#include "store/layer_tar.h"

namespace minibox::engine {
namespace {

// What the container was run with becomes the image's default.
void merge_request(oci::ContainerDefaults& config, const wire::RunRequest& request) {
  std::vector<build::EnvVar> env = build::parse_env_list(config.env);
  for (const build::EnvVar& variable : build::parse_env_list(request.env)) build::set_env(env, variable);
  config.env = build::print_env_list(env);
  if (!request.command.empty()) config.cmd = request.command;
  if (!request.user.empty()) config.user = request.user;
  if (!request.workdir.empty()) config.working_dir = request.workdir;
  for (const auto& [host, container] : request.ports) {
    const std::string port = container.find('/') == std::string::npos ? container + "/tcp" : container;
    const bool known =
        std::find(config.exposed_ports.begin(), config.exposed_ports.end(), port) != config.exposed_ports.end();
    if (!known) config.exposed_ports.push_back(port);
  }
}

void add_history(oci::ImageConfig& config, const ContainerRecord& record, const wire::CommitRequest& request) {
  const auto layers = std::count_if(config.history.begin(), config.history.end(),
                                    [](const oci::HistoryEntry& entry) { return !entry.empty_layer; });
  // Other engines refuse a history that does not count as many layers as there are.
  if (static_cast<size_t>(layers) != config.diff_ids.size()) return;
  config.history.push_back({.created = config.created,
                            .created_by = join(record.info.command, " "),
                            .author = request.author,
                            .comment = request.message});
}

// One that was run lazily may not have come yet.
void check_whole(const EngineState& state, const ContainerRecord& record, const store::Image& base) {
  if (!record.request.lazy || is_whole(state, base)) return;
  throw not_whole_yet(ErrorKind::kConflict, record.info.image);
}

store::Layer layer_of(EngineState& state, const Container& container, std::stop_token stop, bool live) {
  return store::write_layer(state.images.blobs(), container.directory + "/upper", std::move(stop), {}, {}, live);
}

}  // namespace

std::string Engine::commit(const wire::CommitRequest& request, std::stop_token stop) {
  EngineState& state = *state_;
  oci::Reference::parse(request.image);
  for (oci::ImageConfig probe; const std::string& change : request.changes) build::apply_change(probe, change);
  const store::ImageStore::Lease lease(state.images);
  const ContainerPtr container = state.containers.find(request.id);

  std::unique_lock lock(container->mutex);
  if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + label_of(*container));
  const ContainerRecord record = container->record;
  const store::ImagePointer base = image_of(state, record);
  check_whole(state, record, *base);
  Undo go_on;
  const bool runs = container->running();
  if (runs) {
    const bool pause_it = request.pause && !container->paused();
    lock.unlock();  // it may be ended and removed meanwhile, which lets a paused one go on
    const std::string& id = record.info.id;
    if (pause_it) pause(id);
    if (pause_it)
      go_on.push([this, &container, &id] {
        if (container->shown().status == "paused") unpause(id);
      });
  } else {
    release_shim(state, *container);
  }
  const store::Layer layer = layer_of(state, *container, stop, runs);
  go_on.roll_back();
  keep_index(state, layer);

  oci::ImageConfig config = base->config;
  merge_request(config.config, record.request);
  for (const std::string& change : request.changes) build::apply_change(config, change);
  config.created = now_rfc3339();
  if (!request.author.empty()) config.author = request.author;
  add_history(config, record, request);
  config.diff_ids.push_back(layer.diff_id);
  std::vector<oci::Descriptor> layers = base->manifest.layers;
  layers.push_back(layer.blob);
  return state.images.put_image(request.image, config.print(), std::move(layers), stop)->manifest_digest.text();
}

}  // namespace minibox::engine
