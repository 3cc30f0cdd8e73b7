// minibox run: one screen, in order; what can fail registers its undo.
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/undo.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/lazy_image.h"
#include "engine/name_files.h"
#include "engine/restart_policy.h"
#include "network/port_spec.h"

namespace minibox::engine {
namespace {

void validate(const wire::RunRequest& request, const network::Config& network) {
  if (request.image.empty()) throw Error(ErrorKind::kInvalid, "Image name is required");
  if (!request.name.empty()) check_container_name(request.name);
  if (!request.network.empty() && request.network != "bridge" && request.network != "none") {
    throw Error(ErrorKind::kInvalid, "unknown network " + quote(request.network))
        .with_hint("'bridge' and 'none' are known");
  }
  const bool restarts = RestartPolicy::parse(request.restart).kind != RestartPolicy::Kind::kNo;
  if (restarts && request.remove) {
    throw Error(ErrorKind::kInvalid, "a container that is removed when it ends can't be restarted")
        .with_hint("leave out --rm or --restart");
  }
  if (request.network == "none" && !request.ports.empty()) {
    throw Error(ErrorKind::kInvalid, "a container without network can't publish ports")
        .with_hint("leave out --network none or -p");
  }
  network::parse_ports(request.ports, network.publish_address);  // throws; launch() reads them again
  check_names(request);
}

ContainerPtr make_container(Bundle bundle, const wire::RunRequest& request, const store::Image& image) {
  ContainerRecord record;
  wire::ContainerInfo& info = record.info;
  info.id = std::move(bundle.id);
  info.name = request.name;
  info.image = request.image;
  info.image_digest = image.manifest_digest.text();
  info.status = "created";
  info.created_at = now_rfc3339();
  info.ports = request.ports;
  info.project = request.project;
  info.labels = request.labels;  // those of the image where there is none of the same name
  info.labels.insert(image.config.config.labels.begin(), image.config.config.labels.end());
  record.request = request;
  record.layers = image.diff_ids;
  auto container = std::make_shared<Container>(std::move(record));
  container->directory = std::move(bundle.directory);
  container->show();
  return container;
}

}  // namespace

std::string Engine::run(const wire::RunRequest& request, Attachment* attachment, const wire::RegistryAuth& auth,
                        std::stop_token stop) {
  EngineState& state = *state_;
  validate(request, state.network.config());
  check_cpus(request, state.policy);
  const store::ImageStore::Lease lease(state.images);  // until the table of containers says what is in use
  const LazyLayers::Use layers(state.lazy);
  const store::ImagePointer image =
      request.lazy ? require_lazy_image(state, request.image, auth, stop) : require_image(state, request.image);

  const ContainerPtr container = make_container(state.bundles.acquire(), request, *image);
  const std::string id = container->record.info.id;
  const std::unique_lock lock(container->mutex);
  Undo undo;
  try {
    undo.push([&] { forget(state, container); });
    state.containers.insert(container);
    state.snapshots.adopt_root(container->directory, image->diff_ids);
    launch(state, container, attachment);
  } catch (Error& error) {
    error.add_context("cannot start container " + label_of(*container));
    undo.fail(error);
  }
  undo.commit();
  return id;
}

}  // namespace minibox::engine
