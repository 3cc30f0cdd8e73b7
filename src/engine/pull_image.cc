// minibox pull, and the base images of builds.
#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/layer_indexing.h"
#include "engine/lazy_image.h"
#include "engine/pull_log.h"
#include "engine/registry_access.h"
#include "engine/store_blobs.h"
#include "oci/reference.h"

namespace minibox::engine {
namespace {

// Fetches an image from the first source that has it, and stores all but its name.
registry::Pulled fetch(EngineState& state, registry::Access& access, const registry::PullRequest& request, PullLog& log,
                       std::stop_token stop) {
  StoreSink sink(state);
  registry::Puller puller(sink, state.downloads, log);
  return try_sources(
      access, request.reference, [&](registry::Client& client) { return puller.pull(client, request, stop); },
      [&](const std::string& mirror, const Error& error) { log.on_mirror_failed(mirror, error); });
}

void name_image(EngineState& state, const oci::Reference& reference, const registry::Pulled& pulled,
                bool only_if_free = false) {
  index_later(state, *state.images.add_image(reference.text(), pulled.manifest,
                                             {pulled.requested, reference.repository_name(), only_if_free}));
}

}  // namespace

void Engine::pull(const PullOptions& options, const LogSink& log, std::stop_token stop) {
  EngineState& state = *state_;
  const registry::PullRequest request{
      oci::Reference::parse(options.image),
      options.platform.empty() ? oci::host_platform() : oci::parse_platform(options.platform),
      !options.platform.empty()};
  try {
    const store::ImageStore::Lease lease(state.images);
    registry::Access access = open_registries(state.config, {options.auth});
    PullLog lines(PullLog::Words::kPull, options.image, log);
    const registry::Pulled pulled = fetch(state, access, request, lines, std::move(stop));
    log("[pull] registering " + options.image + " in index.json...");
    name_image(state, request.reference, pulled);
    check_indexes_later(state, request.reference.text(), pulled.manifest.digest);
    log("[pull] successfully pulled " + options.image);
  } catch (Error& error) {
    add_login_hint(error, request.reference);
    error.add_context("pull " + quote(options.image));
    throw;
  }
}

bool is_whole(const EngineState& state, const store::Image& image) {
  const auto& layers = image.manifest.layers;
  return std::all_of(layers.begin(), layers.end(),
                     [&](const oci::Descriptor& layer) { return state.images.blobs().is_whole(layer); });
}

void complete_image(EngineState& state, const std::string& name, const oci::Digest& requested,
                    const wire::RegistryAuth& auth, std::stop_token stop) {
  const store::ImageStore::Lease lease(state.images);
  const store::ImagePointer here = state.images.try_resolve(name);
  if (here && here->manifest_digest == requested && is_whole(state, *here)) {
    return state.images.ensure_unpacked(*here, stop);
  }
  const oci::Reference reference = oci::Reference::parse(name);
  // The name may stand for another image by now.
  const oci::Reference same = oci::Reference::parse(reference.repository_name() + "@" + requested.text());
  registry::Access access = open_registries(state.config, {auth});
  const LogSink nobody = [](const std::string&) {};
  PullLog lines(PullLog::Words::kPull, name, nobody);
  // Nobody waits for this: what has got the name meanwhile was meant to.
  name_image(state, reference, fetch(state, access, {same, oci::host_platform()}, lines, std::move(stop)), true);
}

store::ImagePointer pull_base(EngineState& state, const std::string& image,
                              const std::vector<wire::RegistryAuth>& auths, const LogSink& log, std::stop_token stop) {
  const std::int64_t start = monotonic_us();
  const oci::Reference reference = oci::Reference::parse(image);
  try {
    registry::Access access = open_registries(state.config, auths);
    PullLog lines(PullLog::Words::kBase, image, log);
    name_image(state, reference, fetch(state, access, {reference, oci::host_platform()}, lines, std::move(stop)));
  } catch (Error& error) {
    if (!is_sources_fault(error)) throw;
    add_login_hint(error, reference);
    Error missing(ErrorKind::kNotFound,
                  "image not found: " + quote(image) + ", and it can't be pulled: " + error.text());
    throw missing.with_hint(error.hint());
  }
  log("[base] " + image + ": ready (" + format_duration((monotonic_us() - start) / 1000) + ")");
  return require_image(state, image);
}

}  // namespace minibox::engine
