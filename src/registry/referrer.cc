#include "registry/referrer.h"

#include <algorithm>

#include "oci/index.h"
#include "oci/json.h"
#include "oci/sha256.h"
#include "registry/empty_config.h"

namespace minibox::registry {
namespace {

Document make_document(const oci::Json& json, std::string_view media_type) {
  Document document;
  document.bytes = json.dump();
  document.descriptor = {std::string(media_type), oci::Sha256::of(document.bytes), document.bytes.size(), {}, {}};
  return document;
}

}  // namespace

Document print_artifact(const Artifact& artifact) {
  oci::Json json = {{"schemaVersion", 2},
                    {"mediaType", oci::kManifestMediaType},
                    {"artifactType", artifact.type},
                    {"config", oci::print_descriptor(empty_config())}};
  json["layers"] = oci::Json::array();
  for (const oci::Descriptor& blob : artifact.blobs) json["layers"].push_back(oci::print_descriptor(blob));
  json["subject"] = oci::print_descriptor(artifact.subject);
  return make_document(json, oci::kManifestMediaType);
}

std::string referrers_tag(const oci::Digest& subject) {
  return "sha256-" + subject.hex();
}

std::optional<Document> add_referrer(const std::optional<Document>& before, const Document& artifact,
                                     const std::string& type) {
  oci::Json json = {{"schemaVersion", 2}, {"mediaType", oci::kIndexMediaType}, {"manifests", oci::Json::array()}};
  if (before) {
    const oci::Index index = oci::Index::parse(before->bytes);
    const auto is_ours = [&](const oci::Descriptor& entry) { return entry.digest == artifact.descriptor.digest; };
    if (std::any_of(index.manifests.begin(), index.manifests.end(), is_ours)) return std::nullopt;
    json = oci::parse_document(before->bytes, "referrers");
  }
  oci::Json entry = oci::print_descriptor(artifact.descriptor);
  entry["artifactType"] = type;
  json["manifests"].push_back(std::move(entry));
  return make_document(json, oci::kIndexMediaType);
}

}  // namespace minibox::registry
