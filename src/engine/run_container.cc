// minibox run: one screen, in order; what can fail registers its undo.
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/undo.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"

namespace minibox::engine {
namespace {

bool is_container_name(const std::string& name) {
  if (name.empty() || name.size() > 64) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alphanumeric && (i == 0 || (c != '_' && c != '.' && c != '-'))) return false;
  }
  return true;
}

void validate(const wire::RunRequest& request) {
  if (request.image.empty()) throw Error(ErrorKind::kInvalid, "Image name is required");
  if (!request.name.empty() && !is_container_name(request.name)) {
    throw Error(ErrorKind::kInvalid, "invalid container name " + quote(request.name))
        .with_hint("letters, digits, '_', '.' and '-', at most 64, beginning with a letter or digit");
  }
  if (!request.network.empty() && request.network != "bridge" && request.network != "none") {
    throw Error(ErrorKind::kInvalid, "unknown network " + quote(request.network))
        .with_hint("'bridge' and 'none' are known");
  }
  if (request.network == "none" && !request.ports.empty()) {
    throw Error(ErrorKind::kInvalid, "a container without network can't publish ports")
        .with_hint("leave out --network none or -p");
  }
}

ContainerPtr make_container(Bundle bundle, const wire::RunRequest& request, const store::Image& image) {
  auto container = std::make_shared<Container>();
  wire::ContainerInfo& info = container->record.info;
  info.id = std::move(bundle.id);
  info.name = request.name;
  info.image = request.image;
  info.image_digest = image.manifest_digest.text();
  info.status = "created";
  info.created_at = now_rfc3339();
  info.ports = request.ports;
  info.project = request.project;
  container->record.request = request;
  for (const oci::Digest& diff_id : image.diff_ids) container->record.layers.push_back(diff_id.text());
  container->directory = std::move(bundle.directory);
  container->show();
  return container;
}

}  // namespace

std::string Engine::run(const wire::RunRequest& request, Attachment* attachment) {
  EngineState& state = *state_;
  validate(request);
  const store::ImagePointer image = require_image(state, request.image);

  const ContainerPtr container = make_container(state.bundles.acquire(), request, *image);
  const std::string id = container->record.info.id;
  const std::string label = request.name.empty() ? id : request.name;
  const std::unique_lock lock(container->mutex);
  Undo undo;
  try {
    undo.push([&] { forget(state, container); });
    state.containers.insert(container);
    launch(state, container, attachment);
  } catch (Error& error) {
    error.add_context("cannot start container " + quote(label));
    undo.fail(error);
  }
  undo.commit();
  return id;
}

}  // namespace minibox::engine
