// minibox pull, and the base images of builds.
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/layer_indexing.h"
#include "engine/pull_log.h"
#include "engine/registry_access.h"
#include "engine/store_blobs.h"
#include "oci/reference.h"

namespace minibox::engine {
namespace {

// What another source may do better: not a full disk here, nor a client that has left.
bool is_sources_fault(const Error& error) {
  return error.kind() != ErrorKind::kCancelled && error.kind() != ErrorKind::kExhausted;
}

// Fetches an image from the first source that has it, and stores all but its name.
registry::Pulled fetch(EngineState& state, RegistryAccess& access, const registry::PullRequest& request, PullLog& log,
                       std::stop_token stop) {
  StoreSink sink(state);
  registry::Puller puller(sink, state.downloads, log);
  const std::vector<registry::Url> sources = access.sources(request.reference);
  for (size_t i = 0; i + 1 < sources.size(); ++i) {
    try {
      return puller.pull(*access.client(sources[i], request.reference), request, stop);
    } catch (const Error& error) {
      if (!is_sources_fault(error)) throw;
      log.on_mirror_failed(sources[i].origin(), error);
    }
  }
  return puller.pull(*access.client(sources.back(), request.reference), request, stop);
}

void name_image(EngineState& state, const oci::Reference& reference, const registry::Pulled& pulled) {
  index_later(state, *state.images.add_image(reference.text(), pulled.manifest,
                                             {pulled.requested, reference.repository_name()}));
}

}  // namespace

void Engine::pull(const PullOptions& options, const LogSink& log, std::stop_token stop) {
  EngineState& state = *state_;
  const registry::PullRequest request{
      oci::Reference::parse(options.image),
      options.platform.empty() ? oci::host_platform() : oci::parse_platform(options.platform)};
  try {
    const store::ImageStore::Lease lease(state.images);
    RegistryAccess access(state.config, {options.auth});
    PullLog lines(PullLog::Words::kPull, options.image, log);
    const registry::Pulled pulled = fetch(state, access, request, lines, std::move(stop));
    log("[pull] registering " + options.image + " in index.json...");
    name_image(state, request.reference, pulled);
    log("[pull] successfully pulled " + options.image);
  } catch (Error& error) {
    add_login_hint(error, request.reference);
    error.add_context("pull " + quote(options.image));
    throw;
  }
}

store::ImagePointer pull_base(EngineState& state, const std::string& image,
                              const std::vector<wire::RegistryAuth>& auths, const LogSink& log, std::stop_token stop) {
  const std::int64_t start = monotonic_us();
  const oci::Reference reference = oci::Reference::parse(image);
  try {
    RegistryAccess access(state.config, auths);
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
