// Reading hostile JSON documents into values of this layer, with errors that name the property. Included by .cc files
// only: it brings in the JSON library.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"

namespace minibox::oci {

using Json = nlohmann::ordered_json;  // prints properties in the order they were set

// Documents above this size are refused before parsing; registries use the same limit for manifests.
inline constexpr size_t kMaxDocumentSize = 4u << 20;

// `what` names the document in messages: "image manifest". The root must be an object. kInvalid.
Json parse_document(std::string_view bytes, const std::string& what);
Json parse_list(std::string_view bytes, const std::string& what);  // the root must be an array

// An object of a document together with its name. Absent and null properties read as empty values; a property of the
// wrong type is kInvalid.
class JsonObject {
 public:
  JsonObject(const Json& value, std::string name);  // `value` must outlive this

  const std::string& name() const { return name_; }
  bool has(const char* key) const { return find(key) != nullptr; }
  std::string text(const char* key) const;
  std::int64_t integer(const char* key, std::int64_t fallback = 0) const;
  std::uint64_t natural(const char* key) const;  // required
  bool flag(const char* key) const;
  std::vector<std::string> texts(const char* key) const;               // array of strings
  std::map<std::string, std::string> text_map(const char* key) const;  // object of strings
  std::vector<std::string> keys(const char* key) const;                // names of an object such as ExposedPorts
  JsonObject object(const char* key) const;                            // an empty object when absent
  std::vector<JsonObject> objects(const char* key) const;              // array of objects

  [[noreturn]] void fail(const char* key, const std::string& why) const;

 private:
  const Json* find(const char* key) const;

  const Json* value_;
  std::string name_;
};

Descriptor parse_descriptor(const JsonObject& object);
Json print_descriptor(const Descriptor& descriptor);

}  // namespace minibox::oci
