#include "oci/image_config.h"

#include "base/error.h"
#include "oci/json.h"

namespace minibox::oci {
namespace {

Healthcheck parse_healthcheck(const JsonObject& object) {
  return {object.texts("Test"),          object.integer("Interval"),      object.integer("Timeout"),
          object.integer("StartPeriod"), object.integer("StartInterval"), object.integer("Retries")};
}

ContainerDefaults parse_defaults(const JsonObject& object) {
  ContainerDefaults config;
  config.user = object.text("User");
  config.env = object.texts("Env");
  config.entrypoint = object.texts("Entrypoint");
  config.cmd = object.texts("Cmd");
  config.working_dir = object.text("WorkingDir");
  config.labels = object.text_map("Labels");
  config.exposed_ports = object.keys("ExposedPorts");
  config.volumes = object.keys("Volumes");
  if (object.has("Healthcheck")) config.healthcheck = parse_healthcheck(object.object("Healthcheck"));
  config.stop_signal = object.text("StopSignal");
  return config;
}

template <typename Value>
void set(Json& json, const char* key, const Value& value) {
  if (!value.empty()) json[key] = value;
}

void set_number(Json& json, const char* key, std::int64_t value) {
  if (value != 0) json[key] = value;
}

Json print_key_set(const std::vector<std::string>& keys) {
  Json json = Json::object();
  for (const std::string& key : keys) json[key] = Json::object();
  return json;
}

Json print_healthcheck(const Healthcheck& check) {
  Json json = {{"Test", check.test}};
  set_number(json, "Interval", check.interval);
  set_number(json, "Timeout", check.timeout);
  set_number(json, "StartPeriod", check.start_period);
  set_number(json, "StartInterval", check.start_interval);
  set_number(json, "Retries", check.retries);
  return json;
}

Json print_defaults(const ContainerDefaults& config) {
  Json json = Json::object();
  set(json, "User", config.user);
  if (!config.exposed_ports.empty()) json["ExposedPorts"] = print_key_set(config.exposed_ports);
  set(json, "Env", config.env);
  set(json, "Entrypoint", config.entrypoint);
  set(json, "Cmd", config.cmd);
  if (!config.volumes.empty()) json["Volumes"] = print_key_set(config.volumes);
  set(json, "WorkingDir", config.working_dir);
  set(json, "Labels", config.labels);
  set(json, "StopSignal", config.stop_signal);
  if (config.healthcheck) json["Healthcheck"] = print_healthcheck(*config.healthcheck);
  return json;
}

Json print_history(const HistoryEntry& entry) {
  Json json = Json::object();
  set(json, "created", entry.created);
  set(json, "created_by", entry.created_by);
  set(json, "author", entry.author);
  set(json, "comment", entry.comment);
  if (entry.empty_layer) json["empty_layer"] = true;
  return json;
}

}  // namespace

Healthcheck Healthcheck::parse(std::string_view bytes) {
  const Json document = parse_document(bytes, "health check");
  return parse_healthcheck(JsonObject(document, "health check"));
}

std::string Healthcheck::print() const {
  return print_healthcheck(*this).dump(-1, ' ', false, Json::error_handler_t::replace);
}

ImageConfig ImageConfig::parse(std::string_view bytes) {
  const Json document = parse_document(bytes, "image config");
  const JsonObject root(document, "image config");
  ImageConfig config;
  config.created = root.text("created");
  config.author = root.text("author");
  config.architecture = root.text("architecture");
  config.os = root.text("os");
  config.variant = root.text("variant");
  config.config = parse_defaults(root.object("config"));
  const JsonObject rootfs = root.object("rootfs");
  if (rootfs.text("type") != "layers") rootfs.fail("type", "is not 'layers'");
  for (const std::string& id : rootfs.texts("diff_ids")) {
    config.diff_ids.push_back(with_context("image config: rootfs.diff_ids", [&] { return Digest::parse(id); }));
  }
  for (const JsonObject& entry : root.objects("history")) {
    config.history.push_back({entry.text("created"), entry.text("created_by"), entry.text("author"),
                              entry.text("comment"), entry.flag("empty_layer")});
  }
  return config;
}

std::string ImageConfig::print() const {
  Json json = Json::object();
  set(json, "created", created);
  set(json, "author", author);
  json["architecture"] = architecture;
  set(json, "variant", variant);
  json["os"] = os;
  json["config"] = print_defaults(config);
  json["rootfs"] = {{"type", "layers"}, {"diff_ids", Json::array()}};
  for (const Digest& id : diff_ids) json["rootfs"]["diff_ids"].push_back(id.text());
  for (const HistoryEntry& entry : history) json["history"].push_back(print_history(entry));
  // Text that is not UTF-8 came from the builder's input, not from a parsed document.
  try {
    return json.dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorKind::kInvalid, "image config: a value is not valid UTF-8");
  }
}

}  // namespace minibox::oci
