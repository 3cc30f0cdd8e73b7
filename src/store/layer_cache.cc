#include "store/layer_cache.h"

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr size_t kMaxRecord = 64u << 10;

Layer parse_record(const std::string& bytes) {
  const oci::Json document = oci::parse_document(bytes, "build cache record");
  const oci::JsonObject root(document, "build cache record");
  return {oci::parse_descriptor(root.object("blob")), oci::Digest::parse(root.text("diff_id"))};
}

std::string print_record(const Layer& layer) {
  const oci::Json json = {{"blob", oci::print_descriptor(layer.blob)}, {"diff_id", layer.diff_id.text()}};
  return json.dump(2) + "\n";
}

}  // namespace

std::string LayerCache::path(const std::string& key) const {
  if (!oci::Digest::is_hex(key)) throw Error(ErrorKind::kInvalid, "invalid build cache key " + quote(key));
  return root_.layers() + "/" + key + std::string(kSuffix);
}

LayerCache::Lookup LayerCache::read(const std::string& key) const {
  const auto bytes = sys::try_read_file(path(key), kMaxRecord);
  if (!bytes) return {};
  try {
    return {parse_record(*bytes), false};
  } catch (const Error&) {
    return {std::nullopt, true};  // worth as much as a missing layer: the caller is told, and builds again
  }
}

LayerCache::Lookup LayerCache::find(const std::string& key) const {
  Lookup found = read(key);
  if (!found.layer) return found;
  const bool usable = sys::exists(root_.extracted_layer(found.layer->diff_id)) && blobs_.is_whole(found.layer->blob);
  if (usable) return found;
  return {std::nullopt, true};
}

void LayerCache::put(const std::string& key, const Layer& layer) const {
  sys::replace_file(path(key), print_record(layer));
}

std::vector<std::string> LayerCache::keys() const {
  std::vector<std::string> keys;
  for (const std::string& name : sys::list_dir(root_.layers())) {
    const bool record = name.ends_with(kSuffix) && oci::Digest::is_hex(name.substr(0, name.size() - kSuffix.size()));
    if (record) keys.push_back(name.substr(0, name.size() - kSuffix.size()));
  }
  return keys;
}

size_t LayerCache::clear() const {
  size_t removed = 0;
  for (const std::string& key : keys()) removed += sys::remove_file(path(key)) ? 1 : 0;
  return removed;
}

std::vector<oci::Digest> LayerCache::referenced() const {
  std::vector<oci::Digest> digests;
  for (const std::string& key : keys()) {
    const Lookup lookup = read(key);
    if (!lookup.layer) continue;
    digests.push_back(lookup.layer->blob.digest);
    digests.push_back(lookup.layer->diff_id);
  }
  return digests;
}

}  // namespace minibox::store
