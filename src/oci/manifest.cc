#include "oci/manifest.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"

namespace minibox::oci {
namespace {

constexpr size_t kMaxLayers = 500;  // overlayfs itself stops at 500 lower directories

constexpr std::array kLayerMediaTypes = {
    kTarLayerMediaType,
    kGzipLayerMediaType,
    kZstdLayerMediaType,
    std::string_view("application/vnd.docker.image.rootfs.diff.tar"),
    std::string_view("application/vnd.docker.image.rootfs.diff.tar.gzip"),
    std::string_view("application/vnd.docker.image.rootfs.diff.tar.zstd"),
};

void check_config_media_type(const std::string& media_type) {
  if (media_type == kConfigMediaType || media_type == "application/vnd.docker.container.image.v1+json") return;
  throw Error(ErrorKind::kUnsupported, "image manifest: config of type " + quote(media_type) + " is not an image");
}

void refuse_foreign(const Descriptor& layer) {
  const bool foreign = layer.media_type.find(".foreign.") != std::string::npos ||
                       layer.media_type.find(".nondistributable.") != std::string::npos;
  if (!foreign) return;
  throw Error(ErrorKind::kUnsupported, "layer " + layer.digest.short_hex() + " may not be distributed by registries (" +
                                           quote(layer.media_type) + "): only its owner's servers have it");
}

}  // namespace

bool is_layer_media_type(std::string_view media_type) {
  return std::find(kLayerMediaTypes.begin(), kLayerMediaTypes.end(), media_type) != kLayerMediaTypes.end();
}

std::string oci_layer_media_type(const std::string& media_type) {
  constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
  if (!media_type.starts_with(kDockerLayer)) return media_type;
  std::string compression = media_type.substr(kDockerLayer.size());
  if (!compression.empty()) compression[0] = '+';
  return "application/vnd.oci.image.layer.v1.tar" + compression;
}

Manifest Manifest::parse(std::string_view bytes) {
  const Json document = parse_document(bytes, "image manifest");
  const JsonObject root(document, "image manifest");
  if (root.integer("schemaVersion") != 2) {
    throw Error(ErrorKind::kUnsupported, "image manifest: schemaVersion is not 2");
  }
  Manifest manifest;
  // The property is optional in OCI manifests, whose descriptor tells the type.
  if (root.has("mediaType")) manifest.media_type = root.text("mediaType");
  if (manifest.media_type != kManifestMediaType && manifest.media_type != kDockerManifestMediaType) {
    throw Error(ErrorKind::kUnsupported, "image manifest: unknown type " + quote(manifest.media_type));
  }
  // CVE-2021-41190: a document that is both a manifest and an index means different things to different readers.
  if (root.has("manifests")) root.fail("manifests", "has no place in a manifest");
  if (!root.has("config")) root.fail("config", "is missing");
  manifest.config = parse_descriptor(root.object("config"));
  check_config_media_type(manifest.config.media_type);
  for (const JsonObject& layer : root.objects("layers")) {
    manifest.layers.push_back(parse_descriptor(layer));
    refuse_foreign(manifest.layers.back());
    if (!is_layer_media_type(manifest.layers.back().media_type)) {
      throw Error(ErrorKind::kUnsupported,
                  layer.name() + ": layer type " + quote(manifest.layers.back().media_type) + " is not supported");
    }
  }
  if (manifest.layers.size() > kMaxLayers) root.fail("layers", "has more than 500 items");
  manifest.annotations = root.text_map("annotations");
  return manifest;
}

std::string Manifest::print() const {
  Json json = {{"schemaVersion", 2}, {"mediaType", media_type}, {"config", print_descriptor(config)}};
  json["layers"] = Json::array();
  for (const Descriptor& layer : layers) json["layers"].push_back(print_descriptor(layer));
  if (!annotations.empty()) json["annotations"] = annotations;
  return json.dump();
}

}  // namespace minibox::oci
