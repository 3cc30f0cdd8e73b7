#include "registry/pull.h"

#include "base/error.h"
#include "base/text.h"
#include "oci/image_config.h"
#include "oci/index.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "registry/parallel.h"

namespace minibox::registry {
namespace {

constexpr size_t kDownloads = 3;
constexpr int kMaxIndexDepth = 3;

std::string offered_platforms(const oci::Index& index) {
  std::vector<std::string> names;
  for (const oci::Descriptor& manifest : index.manifests) {
    if (names.size() < 20 && !manifest.platform.os.empty()) names.push_back(oci::print_platform(manifest.platform));
  }
  return join(names, ", ");
}

oci::Descriptor choose_from(const std::string& bytes, const oci::Platform& platform) {
  const oci::Index index = oci::Index::parse(bytes);
  const auto chosen = oci::choose_manifest(index.manifests, platform);
  if (chosen) return *chosen;
  Error error(ErrorKind::kNotFound, "the image is not made for " + oci::print_platform(platform));
  if (const std::string offered = offered_platforms(index); !offered.empty()) {
    error.with_hint("it is made for " + quote(offered) + "; another than this machine's: --platform");
  }
  throw error;
}

void check_sizes(const oci::Manifest& manifest) {
  if (manifest.config.size > oci::kMaxDocumentSize) {
    throw Error(ErrorKind::kUnsupported, "the config has " + std::to_string(manifest.config.size) +
                                             " bytes, more than " + std::to_string(oci::kMaxDocumentSize));
  }
  for (const oci::Descriptor& layer : manifest.layers) {
    if (layer.size <= kMaxLayerBlob) continue;
    throw Error(ErrorKind::kUnsupported, "layer " + layer.digest.short_hex() + " has " + std::to_string(layer.size) +
                                             " bytes, more than " + std::to_string(kMaxLayerBlob));
  }
}

void check_config(const oci::ImageConfig& config, const oci::Manifest& manifest) {
  if (config.os != "linux") throw Error(ErrorKind::kUnsupported, "the image is made for " + quote(config.os));
  if (config.diff_ids.size() != manifest.layers.size()) {
    throw Error(ErrorKind::kCorrupt, "the manifest has " + std::to_string(manifest.layers.size()) +
                                         " layers, the config " + std::to_string(config.diff_ids.size()));
  }
}

}  // namespace

Document Puller::choose(Client& client, const PullRequest& request, Pulled& pulled, const std::stop_token& stop) {
  const oci::Reference& reference = request.reference;
  std::string wanted = reference.tag().empty() ? "latest" : reference.tag();
  if (reference.digest()) wanted = reference.digest()->text();
  const OnRetry on_retry = [this](const RetryNotice& notice) { events_.on_retry(nullptr, notice); };
  Document document = client.manifest(wanted, stop, on_retry);
  pulled.requested = document.descriptor.digest;
  for (int depth = 0; document.descriptor.is_index(); ++depth) {
    if (depth == kMaxIndexDepth) throw Error(ErrorKind::kUnsupported, "the image's indexes are nested too deeply");
    if (depth == 0) events_.on_index(request.platform);
    document = client.manifest(choose_from(document.bytes, request.platform).digest.text(), stop, on_retry);
  }
  return document;
}

void Puller::fetch(Client& client, const oci::Descriptor& blob, const PullEvents::Layer* layer,
                   const std::stop_token& stop) {
  if (sink_.has(blob)) {
    if (layer != nullptr) events_.on_layer_present(*layer);
    return;
  }
  if (layer != nullptr) events_.on_layer(*layer);
  const DownloadTable::Claim claim = downloads_.claim(blob.digest, stop);
  if (sink_.has(blob)) return;  // somebody else has fetched it meanwhile
  const auto on_progress = [&](std::uint64_t bytes) {
    if (layer != nullptr) events_.on_layer_progress(*layer, bytes);
  };
  with_context("blob " + blob.digest.short_hex(), [&] {
    client.download(
        blob, sink_, stop, [&](const RetryNotice& notice) { events_.on_retry(&blob, notice); }, on_progress);
  });
}

Pulled Puller::pull(Client& client, const PullRequest& request, std::stop_token stop) {
  Pulled pulled;
  events_.on_manifest_request();
  const Document document = choose(client, request, pulled, stop);
  pulled.manifest = document.descriptor;
  const oci::Manifest manifest = oci::Manifest::parse(document.bytes);
  check_sizes(manifest);
  events_.on_manifest(document.descriptor, manifest.layers.size());

  events_.on_config(manifest.config);
  fetch(client, manifest.config, nullptr, stop);
  const oci::ImageConfig config = oci::ImageConfig::parse(sink_.read(manifest.config));
  check_config(config, manifest);
  if (!oci::runs_on({config.architecture, config.os, config.variant}, request.platform)) {
    events_.on_warning("the image is made for " + quote(config.os + "/" + config.architecture) + ", not for " +
                       oci::print_platform(request.platform));
  }

  for_each_parallel(manifest.layers.size(), kDownloads, stop, [&](size_t i, const std::stop_token& either) {
    const PullEvents::Layer layer{manifest.layers[i], i + 1, manifest.layers.size()};
    fetch(client, layer.blob, &layer, either);
    if (sink_.is_unpacked(config.diff_ids[i])) return;
    events_.on_unpack(layer);
    sink_.unpack(layer.blob, config.diff_ids[i], either);
  });
  sink_.put(document.descriptor, document.bytes);
  return pulled;
}

}  // namespace minibox::registry
