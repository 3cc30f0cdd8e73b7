#include "oci/json.h"

#include "base/error.h"
#include "base/json_error.h"
#include "base/text.h"

namespace minibox::oci {
namespace {

// The parser of the library is iterative, but printing and comparing are not: a bound keeps hostile nesting away.
constexpr int kMaxDepth = 64;

Json parse_json(std::string_view bytes, const std::string& what) {
  if (bytes.size() > kMaxDocumentSize) {
    throw Error(ErrorKind::kInvalid, what + " is larger than " + std::to_string(kMaxDocumentSize) + " bytes");
  }
  const auto bound_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) throw Error(ErrorKind::kInvalid, what + " is nested too deeply");
    return true;
  };
  Json document;
  try {
    document = Json::parse(bytes, bound_depth);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kInvalid, what + " is not valid JSON: " + describe_json_error(bytes, error));
  }
  return document;
}

}  // namespace

Json parse_document(std::string_view bytes, const std::string& what) {
  Json document = parse_json(bytes, what);
  if (!document.is_object()) throw Error(ErrorKind::kInvalid, what + " is not a JSON object");
  return document;
}

Json parse_list(std::string_view bytes, const std::string& what) {
  Json document = parse_json(bytes, what);
  if (!document.is_array()) throw Error(ErrorKind::kInvalid, what + " is not a JSON array");
  return document;
}

JsonObject::JsonObject(const Json& value, std::string name) : value_(&value), name_(std::move(name)) {
  if (!value.is_object()) throw Error(ErrorKind::kInvalid, name_ + " is not an object");
}

const Json* JsonObject::find(const char* key) const {
  const auto found = value_->find(key);
  return found == value_->end() || found->is_null() ? nullptr : &*found;
}

void JsonObject::fail(const char* key, const std::string& why) const {
  throw Error(ErrorKind::kInvalid, name_ + ": property '" + key + "' " + why);
}

std::string JsonObject::text(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) fail(key, "is not a string");
  return value->get<std::string>();
}

std::int64_t JsonObject::integer(const char* key, std::int64_t fallback) const {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number_integer()) fail(key, "is not an integer");
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) fail(key, "is too large");
  return value->get<std::int64_t>();
}

std::uint64_t JsonObject::natural(const char* key) const {
  if (!has(key)) fail(key, "is missing");
  const std::int64_t number = integer(key);
  if (number < 0) fail(key, "is negative");
  return static_cast<std::uint64_t>(number);
}

bool JsonObject::flag(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) fail(key, "is not a boolean");
  return value->get<bool>();
}

std::vector<std::string> JsonObject::texts(const char* key) const {
  std::vector<std::string> result;
  const Json* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_array()) fail(key, "is not an array");
  for (const Json& item : *value) {
    if (!item.is_string()) fail(key, "has an item that is not a string");
    result.push_back(item.get<std::string>());
  }
  return result;
}

std::map<std::string, std::string> JsonObject::text_map(const char* key) const {
  std::map<std::string, std::string> result;
  const Json* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_object()) fail(key, "is not an object");
  for (const auto& [name, item] : value->items()) {
    if (!item.is_string()) fail(key, "has a value that is not a string");
    result[name] = item.get<std::string>();
  }
  return result;
}

std::vector<std::string> JsonObject::keys(const char* key) const {
  std::vector<std::string> result;
  const Json* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_object()) fail(key, "is not an object");
  for (const auto& [name, item] : value->items()) result.push_back(name);
  return result;
}

JsonObject JsonObject::object(const char* key) const {
  static const Json kEmpty = Json::object();
  const Json* value = find(key);
  return {value == nullptr ? kEmpty : *value, name_ + "." + key};
}

std::vector<JsonObject> JsonObject::objects(const char* key) const {
  std::vector<JsonObject> result;
  const Json* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_array()) fail(key, "is not an array");
  for (const Json& item : *value) {
    result.emplace_back(item, name_ + "." + key + "[" + std::to_string(result.size()) + "]");
  }
  return result;
}

Descriptor parse_descriptor(const JsonObject& object) {
  Descriptor descriptor;
  descriptor.media_type = object.text("mediaType");
  if (descriptor.media_type.empty()) object.fail("mediaType", "is missing");
  descriptor.digest = with_context(object.name(), [&] { return Digest::parse(object.text("digest")); });
  descriptor.size = object.natural("size");
  descriptor.annotations = object.text_map("annotations");
  const JsonObject platform = object.object("platform");
  descriptor.platform = {platform.text("architecture"), platform.text("os"), platform.text("variant")};
  return descriptor;
}

Json print_descriptor(const Descriptor& descriptor) {
  Json json = {{"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) json["annotations"] = descriptor.annotations;
  if (descriptor.platform != Platform{}) {
    json["platform"] = {{"architecture", descriptor.platform.architecture}, {"os", descriptor.platform.os}};
    if (!descriptor.platform.variant.empty()) json["platform"]["variant"] = descriptor.platform.variant;
  }
  return json;
}

}  // namespace minibox::oci
