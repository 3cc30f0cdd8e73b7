#include "wire/registry_auth.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/registry_name.h"
#include "base/text.h"
#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr size_t kMaxParts = 10'000;  // of the JSON text
constexpr char kHeader[] = "Invalid X-Registry-Auth";
constexpr char kConfigHeader[] = "Invalid X-Registry-Config";
constexpr char kFile[] = "the file of credentials";

std::string decoded(const std::string& value, const char* what) {
  auto text = base64_decode(value);
  if (!text) throw Error(ErrorKind::kInvalid, std::string(what) + ": not base64");
  return std::move(*text);
}

RegistryAuth read_auth(const nlohmann::json& value, const std::string& what) {
  ObjectReader reader(value, what);
  RegistryAuth auth;
  reader.read("username", auth.username);
  reader.read("password", auth.password);
  reader.read("serveraddress", auth.server);
  auth.server = normal_registry(auth.server);
  // A colon would end the name in a Basic header.
  if (auth.username.find(':') != std::string::npos) reader.refuse("a user name can't have a colon");
  return auth;
}

nlohmann::json parse_file(const std::string& text) {
  nlohmann::json document = trim(text).empty() ? nlohmann::json::object() : parse_json(text, kFile, kMaxParts);
  if (!document.is_object() || (document.contains("auths") && !document["auths"].is_object())) {
    throw Error(ErrorKind::kInvalid, std::string(kFile) + " has not the form {\"auths\": {...}}");
  }
  return document;
}

}  // namespace

RegistryAuth RegistryAuth::parse(const std::string& json) {
  const RegistryAuth auth = read_auth(parse_json(json, "Invalid request", kMaxParts), "Invalid request");
  if (auth.username.empty() || auth.password.empty()) {
    throw Error(ErrorKind::kInvalid, "Invalid request: user name or password is missing");
  }
  return auth;
}

std::string RegistryAuth::print() const {
  return print_json({{"username", username}, {"password", password}, {"serveraddress", server}});
}

RegistryAuth RegistryAuth::parse_header(const std::string& value) {
  if (value.empty()) return {};
  return read_auth(parse_json(decoded(value, kHeader), kHeader, kMaxParts), kHeader);
}

std::string RegistryAuth::print_header() const {
  return base64url_encode(print());
}

std::vector<RegistryAuth> parse_registry_config(const std::string& header) {
  std::vector<RegistryAuth> auths;
  if (header.empty()) return auths;
  const nlohmann::json document = parse_json(decoded(header, kConfigHeader), kConfigHeader, kMaxParts);
  if (!document.is_object()) throw Error(ErrorKind::kInvalid, std::string(kConfigHeader) + ": not an object");
  for (const auto& [server, value] : document.items()) {
    auths.push_back(read_auth(value, kConfigHeader));
    auths.back().server = normal_registry(server);
  }
  return auths;
}

std::string print_registry_config(const std::vector<RegistryAuth>& auths) {
  nlohmann::json document = nlohmann::json::object();
  for (const RegistryAuth& auth : auths) {
    document[auth.server] = {{"username", auth.username}, {"password", auth.password}};
  }
  return base64url_encode(print_json(document));
}

std::vector<RegistryAuth> parse_auth_file(const std::string& text) {
  std::vector<RegistryAuth> auths;
  const nlohmann::json document = parse_file(text);
  if (!document.contains("auths")) return auths;
  for (const auto& [server, value] : document["auths"].items()) {
    if (!value.is_object() || !value.contains("auth") || !value["auth"].is_string()) continue;  // a credential helper's
    const std::string pair = base64_decode(value["auth"].get<std::string>()).value_or("");
    const size_t colon = pair.find(':');
    if (colon == std::string::npos) {
      throw Error(ErrorKind::kInvalid, std::string(kFile) + ": the entry " + quote(server) + " is damaged")
          .with_hint("log in again: minibox login " + server);
    }
    auths.push_back({pair.substr(0, colon), pair.substr(colon + 1), normal_registry(server)});
  }
  return auths;
}

std::string add_to_auth_file(const std::string& text, const RegistryAuth& auth) {
  nlohmann::json document = parse_file(remove_from_auth_file(text, auth.server));
  document["auths"][auth.server] = {{"auth", base64_encode(auth.username + ":" + auth.password)}};
  return document.dump(2) + "\n";
}

std::string remove_from_auth_file(const std::string& text, const std::string& server) {
  nlohmann::json document = parse_file(text);
  nlohmann::json kept = nlohmann::json::object();
  if (document.contains("auths")) {
    for (const auto& [name, value] : document["auths"].items()) {
      if (normal_registry(name) != server) kept[name] = value;
    }
  }
  document["auths"] = std::move(kept);
  return document.dump(2) + "\n";
}

}  // namespace minibox::wire
