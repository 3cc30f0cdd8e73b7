#include "registry/cache_record.h"

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"
#include "oci/sha256.h"
#include "registry/empty_config.h"

namespace minibox::registry {
namespace {

constexpr std::string_view kArtifactType = "application/vnd.minibox.build-cache.v1";
constexpr char kKeyAnnotation[] = "dev.minibox.cache.key";
constexpr char kDiffIdAnnotation[] = "dev.minibox.cache.diff-id";

oci::Descriptor parse_layer(const oci::JsonObject& root) {
  const std::vector<oci::JsonObject> layers = root.objects("layers");
  if (layers.size() != 1) root.fail("layers", "has not one item");
  oci::Descriptor layer = oci::parse_descriptor(layers[0]);
  if (layer.media_type != oci::kGzipLayerMediaType) layers[0].fail("mediaType", "is not that of a layer of ours");
  if (layer.size > kMaxLayerBlob) layers[0].fail("size", "is more than " + std::to_string(kMaxLayerBlob));
  layer.annotations.clear();
  layer.platform = {};
  return layer;
}

CacheRecord parse_record(std::string_view bytes, const std::string& key) {
  const oci::Json document = oci::parse_document(bytes, "record");
  const oci::JsonObject root(document, "record");
  if (root.text("mediaType") != oci::kManifestMediaType) root.fail("mediaType", "is not that of a manifest");
  if (root.text("artifactType") != kArtifactType) root.fail("artifactType", "is not " + quote(kArtifactType));
  const auto annotations = root.text_map("annotations");
  const auto annotation = [&](const char* name) {
    const auto found = annotations.find(name);
    return found == annotations.end() ? std::string() : found->second;
  };
  if (annotation(kKeyAnnotation) != key) root.fail("annotations", "is about another block");
  return {key, parse_layer(root), oci::Digest::parse(annotation(kDiffIdAnnotation))};
}

}  // namespace

CacheRecord CacheRecord::parse(std::string_view bytes, const std::string& key) {
  try {
    return parse_record(bytes, key);
  } catch (const Error& error) {
    throw Error(ErrorKind::kCorrupt, "it is no record of this build cache: " + error.text());
  }
}

std::string CacheRecord::print() const {
  const oci::Json json = {{"schemaVersion", 2},
                          {"mediaType", oci::kManifestMediaType},
                          {"artifactType", kArtifactType},
                          {"config", oci::print_descriptor(empty_config())},
                          {"layers", oci::Json::array({oci::print_descriptor(layer)})},
                          {"annotations", {{kKeyAnnotation, key}, {kDiffIdAnnotation, diff_id.text()}}}};
  return json.dump();
}

std::optional<CacheRecord> find_cache_record(Client& client, const std::string& tag, const std::string& key,
                                             const std::stop_token& stop, const OnRetry& on_retry) {
  try {
    return CacheRecord::parse(client.manifest(tag, stop, on_retry).bytes, key);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
}

void prepare_cache_push(Client& client, const std::stop_token& stop, const OnRetry& on_retry) {
  ensure_empty_config(client, stop, on_retry);
}

void push_cache_record(Client& client, const CacheRecordPush& push, BlobSource& source, PushEvents& events,
                       const std::stop_token& stop) {
  push_blob(client, {push.record.layer, push.number, push.count}, push.known_at, source, events, stop);
  Document manifest{{std::string(oci::kManifestMediaType), {}, 0, {}, {}}, push.record.print()};
  manifest.descriptor.digest = oci::Sha256::of(manifest.bytes);
  manifest.descriptor.size = manifest.bytes.size();
  client.put_manifest(push.tag, manifest, stop, [&](const RetryNotice& notice) { events.on_retry(nullptr, notice); });
}

}  // namespace minibox::registry
