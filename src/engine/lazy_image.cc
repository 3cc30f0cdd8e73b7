#include "engine/lazy_image.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "engine/image_lookup.h"
#include "engine/pull_log.h"
#include "engine/registry_access.h"
#include "engine/store_blobs.h"
#include "registry/pull.h"
#include "store/layer_index.h"

namespace minibox::engine {
namespace {

// Why an image can't be run before it is pulled; not why it can't be reached.
class NotLazy : public Error {
 public:
  explicit NotLazy(const std::string& why) : Error(ErrorKind::kUnsupported, why) {}
};

void log_mirror(const std::string& mirror, const Error& error) {
  spdlog::info("mirror {}: {}", mirror, error.text());
}

struct LazySource {
  const oci::Reference& reference;
  const wire::RegistryAuth& auth;
  const std::stop_token& stop;
};

void fetch_index(EngineState& state, const LazySource& source, const oci::Digest& index) {
  if (state.images.blobs().has(index)) return;
  registry::Access access = open_registries(state.config, {source.auth});
  const std::string bytes = try_sources(
      access, source.reference,
      [&](registry::Client& client) {
        return client.read_blob(index, store::kMaxLayerIndex, source.stop, [](const registry::RetryNotice&) {});
      },
      log_mirror);
  state.images.blobs().put(bytes, store::kLayerIndexMediaType);
}

// From the layer itself where it is here; otherwise what the manifest names.
oci::Digest index_of(EngineState& state, const LazySource& source, const oci::Descriptor& layer) {
  store::LayerIndexes& indexes = state.images.indexes();
  auto known = indexes.find(layer.digest);
  if (!known && state.images.blobs().is_whole(layer)) known = indexes.ensure(layer.digest, source.stop);
  if (known && known->index.empty()) throw Error(ErrorKind::kUnsupported, known->why_not);
  if (known) return known->index;
  const auto named = store::named_index(layer);
  if (!named) throw Error(ErrorKind::kUnsupported, "the manifest names none");
  fetch_index(state, source, *named);
  return *named;
}

lazy::LayerConfig plan_layer(EngineState& state, const LazySource& source, const oci::Descriptor& layer,
                             const oci::Digest& diff_id) {
  try {
    return {layer, diff_id, index_of(state, source, layer)};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCancelled) throw;
    throw NotLazy("its layer " + layer.digest.short_hex() + " has no index: " + error.text());
  }
}

// Throws NotLazy.
void mount_layers(EngineState& state, const LazySource& source, const store::Image& image) {
  lazy::Config config;
  for (size_t i = 0; i < image.diff_ids.size(); ++i) {
    if (state.snapshots.has(image.diff_ids[i])) continue;
    config.layers.push_back(plan_layer(state, source, image.manifest.layers[i], image.diff_ids[i]));
  }
  config.reference = source.reference.text();
  config.registries = read_registries(state.config).value_or("");
  config.proxies = state.config.proxies.variables();
  config.credentials = credentials_of({source.auth});
  try {
    state.lazy.mount(std::move(config));
  } catch (const Error& error) {
    throw NotLazy(error.text());
  }
}

// The documents of an image that is not here; nothing says yet that they are in use.
registry::Pulled fetch_documents(EngineState& state, const LazySource& source) {
  registry::Access access = open_registries(state.config, {source.auth});
  const LogSink nobody = [](const std::string&) {};
  PullLog events(PullLog::Words::kPull, source.reference.text(), nobody);
  StoreSink sink(state);
  registry::Puller puller(sink, state.downloads, events);
  const registry::PullRequest request{source.reference, oci::host_platform()};
  return try_sources(
      access, source.reference,
      [&](registry::Client& client) {
        const registry::Puller::Contents contents = puller.fetch_contents(client, request, source.stop);
        sink.put(contents.document.descriptor, contents.document.bytes);
        return contents.pulled;
      },
      log_mirror);
}

// Whoever looks through an image's layers for what it must not hold sees what they hold; a container that ran before
// they were here saw what the indexes say.
void check_indexes(EngineState& state, const std::string& name, const oci::Digest& manifest,
                   const std::stop_token& stop) {
  const store::ImageStore::Lease lease(state.images);
  const store::ImagePointer image = state.images.resolve_digest(manifest);
  if (!image) return;  // nobody wants it any more
  const store::BlobStore& blobs = state.images.blobs();
  for (const oci::Descriptor& layer : image->manifest.layers) {
    const auto named = store::named_index(layer);
    // What never came, since the layer was here before, has shown nobody anything.
    if (!named || !blobs.has(*named) || !blobs.has(layer)) continue;
    if (state.images.indexes().tells_truth(*named, layer.digest, stop)) continue;
    spdlog::error(
        "image {}: its layer {} does not hold what the index says that the manifest names: containers that ran before "
        "it was here may have seen other files. Don't trust this image",
        quote(name), layer.digest.short_hex());
  }
}

struct ComingImage {
  std::string name;
  oci::Digest requested;  // what the name stood for: the manifest, or the index it was chosen from
  oci::Digest manifest;
};

void complete_later(EngineState& state, const ComingImage& image, const wire::RegistryAuth& auth) {
  const std::string& name = image.name;
  // By the manifest: who starts a container on it knows no index that it was chosen from. What is asked for with
  // credentials may succeed where another fails.
  const std::string what = "image " + quote(name) + " (" + image.manifest.short_hex() + "), which runs already" +
                           (auth.empty() ? "" : ", with credentials");
  const auto complete = [&state, image, auth, what](const std::stop_token& stop) {
    complete_image(state, image.name, image.requested, auth, stop);
    sweep_lazy_layers(state);
    spdlog::info("{}, is here as a whole now", what);
    // Elsewhere: while this is at work, the next who wants the rest is not heard.
    check_indexes_later(state, image.name, image.manifest);
  };
  if (state.pulls.post(what, complete, oci::Reference::parse(name).name()))
    spdlog::info("image {} runs before it is here: fetching the rest", quote(name));
}

store::ImagePointer mount_new_image(EngineState& state, const std::string& reference, const wire::RegistryAuth& auth,
                                    const std::stop_token& stop) {
  const oci::Reference name = oci::Reference::parse(reference);
  const LazySource source{name, auth, stop};
  try {
    const registry::Pulled pulled = fetch_documents(state, source);
    store::ImagePointer image = state.images.resolve_digest(pulled.manifest.digest);
    mount_layers(state, source, *image);
    complete_later(state, {reference, pulled.requested, pulled.manifest.digest}, auth);
    return image;
  } catch (const NotLazy& error) {
    throw Error(ErrorKind::kUnsupported,
                "image " + quote(reference) + " can't be run before it is pulled: " + error.text())
        .with_hint("pull it: minibox pull " + reference);
  } catch (Error& error) {
    add_login_hint(error, name);
    error.add_context("image " + quote(reference));
    throw;
  }
}

}  // namespace

store::ImagePointer require_lazy_image(EngineState& state, const std::string& reference, const wire::RegistryAuth& auth,
                                       const std::stop_token& stop) {
  const store::ImagePointer here = state.images.resolve(reference);
  if (!here && !is_here(state, reference)) return mount_new_image(state, reference, auth, stop);
  if (!here || state.snapshots.has_all(here->diff_ids)) return require_image(state, reference);
  const oci::Reference name = oci::Reference::parse(reference);
  try {
    mount_layers(state, {name, auth, stop}, *here);
  } catch (const NotLazy& error) {
    spdlog::info("image {} is unpacked before it runs: {}", quote(reference), error.text());
    return require_image(state, reference);
  }
  complete_later(state, {reference, here->manifest_digest, here->manifest_digest}, auth);
  return here;
}

void check_indexes_later(EngineState& state, const std::string& name, const oci::Digest& manifest) {
  state.indexing.post(
      "indexes of image " + quote(name) + " (" + manifest.short_hex() + ")",
      [&state, name, manifest](const std::stop_token& stop) { check_indexes(state, name, manifest, stop); });
}

bool is_on_its_way(const EngineState& state, const std::string& reference) {
  if (state.images.find(reference)) return false;
  const std::string name = oci::Reference::parse(reference).name();
  if (state.pulls.is_fetching(name)) return true;
  const std::vector<ContainerPtr> containers = state.containers.all();
  return std::any_of(containers.begin(), containers.end(), [&](const ContainerPtr& container) {
    return container->record.request.lazy && oci::Reference::parse(container->shown().image).name() == name;
  });
}

void mount_lazy_layers(EngineState& state, const ContainerRecord& record, const store::Image& image) {
  const oci::Reference name = oci::Reference::parse(record.info.image);
  const wire::RegistryAuth nobody;
  try {
    mount_layers(state, {name, nobody, {}}, image);
  } catch (const NotLazy& error) {
    if (is_whole(state, image)) return state.images.ensure_unpacked(image);
    throw Error(ErrorKind::kConflict, "image " + quote(record.info.image) + " is not here as a whole: " + error.text())
        .with_hint("pull it: minibox pull " + record.info.image);
  }
  complete_later(state, {record.info.image, image.manifest_digest, image.manifest_digest}, nobody);
}

void explain_lazy_read(const EngineState& state, const Container& container, Error& error) {
  const int why = error.errno_value();  // what a registry that is out of reach gives, or a server that has gone
  if (!container.record.request.lazy || (why != EIO && why != ENOTCONN && why != ECONNABORTED)) return;
  std::vector<std::string> missing;
  for (const oci::Digest& layer : container.record.layers) {
    if (!state.snapshots.has(layer)) missing.push_back(layer.short_hex());
  }
  const wire::ContainerInfo info = container.shown();
  const std::string image = "image " + quote(info.image);
  error.add_context(missing.empty() ? image + " has come, but the container still reads what came lazily"
                                    : "lazy layer " + join(missing, " or ") + " of " + image + " can't be read");
  error.with_hint("the daemon's log says why; what helps: minibox pull " + info.image + ", minibox restart " + info.id);
}

void resume_lazy_images(EngineState& state) {
  state.lazy.adopt();
  sweep_lazy_layers(state);
  for (const ContainerPtr& container : state.containers.all()) {
    const ContainerRecord& record = container->record;
    if (!container->running() || !record.request.lazy) continue;
    if (state.snapshots.has_all(record.layers)) continue;
    const oci::Digest manifest = oci::Digest::parse(record.info.image_digest);
    complete_later(state, {record.info.image, manifest, manifest}, {});
  }
}

size_t sweep_lazy_layers(EngineState& state) {
  return state.lazy.sweep([&] {
    std::set<oci::Digest> used;
    for (const ContainerPtr& container : state.containers.all()) {
      const std::string status = container->shown().status;
      if (status == "exited") continue;
      used.insert(container->record.layers.begin(), container->record.layers.end());
    }
    return used;
  });
}

void sweep_lazy_layers_later(EngineState& state) {
  state.background.post("unmount lazy layers", [&state] { sweep_lazy_layers(state); });
}

}  // namespace minibox::engine
