#include "oci/index.h"

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"

namespace minibox::oci {

Index Index::parse(std::string_view bytes) {
  const Json document = parse_document(bytes, "image index");
  const JsonObject root(document, "image index");
  if (root.integer("schemaVersion") != 2) throw Error(ErrorKind::kUnsupported, "image index: schemaVersion is not 2");
  const std::string media_type = root.text("mediaType");
  if (!media_type.empty() && media_type != kIndexMediaType && media_type != kDockerIndexMediaType) {
    throw Error(ErrorKind::kUnsupported, "image index: unknown type " + quote(media_type));
  }
  // CVE-2021-41190, as in manifest.cc.
  if (root.has("layers") || root.has("config")) root.fail("layers", "has no place in an index");
  if (!root.has("manifests")) root.fail("manifests", "is missing");
  Index index;
  for (const JsonObject& manifest : root.objects("manifests")) index.manifests.push_back(parse_descriptor(manifest));
  index.annotations = root.text_map("annotations");
  return index;
}

std::string Index::print() const {
  Json json = {{"schemaVersion", 2}, {"mediaType", kIndexMediaType}};
  json["manifests"] = Json::array();
  for (const Descriptor& manifest : manifests) json["manifests"].push_back(print_descriptor(manifest));
  if (!annotations.empty()) json["annotations"] = annotations;
  return json.dump(2) + "\n";
}

}  // namespace minibox::oci
