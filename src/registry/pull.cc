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

Puller::Contents Puller::fetch_contents(Client& client, const PullRequest& request, const std::stop_token& stop) {
  Contents contents;
  events_.on_manifest_request();
  contents.document = choose(client, request, contents.pulled, stop);
  contents.pulled.manifest = contents.document.descriptor;
  contents.manifest = oci::Manifest::parse(contents.document.bytes);
  const oci::Manifest& manifest = contents.manifest;
  check_sizes(manifest);
  events_.on_manifest(contents.document.descriptor, manifest.layers.size());

  events_.on_config(manifest.config);
  fetch(client, manifest.config, nullptr, stop);
  contents.config = oci::ImageConfig::parse(sink_.read(manifest.config));
  const oci::ImageConfig& config = contents.config;
  check_config(config, manifest);
  check_platform(contents, request);
  return contents;
}

void Puller::check_platform(const Contents& contents, const PullRequest& request) {
  const oci::Platform offered{contents.config.architecture, contents.config.os, contents.config.variant};
  if (oci::runs_on(offered, request.platform)) return;
  const std::string wanted = oci::print_platform(request.platform);
  const std::string both = "the image is made for " + quote(oci::print_platform(offered)) + ", not for " + wanted;
  // Which one of an index is for which platform, its maker knows better than the config.
  const bool alone = contents.pulled.requested == contents.document.descriptor.digest;
  if (!request.insist || !alone) return events_.on_warning(both);
  throw Error(ErrorKind::kNotFound, both)
      .with_hint("pull it without --platform, or another name or tag of it that is made for " + wanted);
}

Pulled Puller::pull(Client& client, const PullRequest& request, std::stop_token stop) {
  const Contents contents = fetch_contents(client, request, stop);
  const std::vector<oci::Descriptor>& layers = contents.manifest.layers;
  for_each_parallel(layers.size(), kDownloads, stop, [&](size_t i, const std::stop_token& either) {
    const PullEvents::Layer layer{layers[i], i + 1, layers.size()};
    fetch(client, layer.blob, &layer, either);
    if (sink_.is_unpacked(contents.config.diff_ids[i])) return;
    events_.on_unpack(layer);
    sink_.unpack(layer.blob, contents.config.diff_ids[i], either);
  });
  sink_.put(contents.document.descriptor, contents.document.bytes);
  return contents.pulled;
}

}  // namespace minibox::registry
