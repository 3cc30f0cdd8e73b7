#include "lazy/config.h"

#include "oci/json.h"

namespace minibox::lazy {

Config Config::parse(std::string_view json) {
  const oci::Json document = oci::parse_document(json, "lazy config");
  const oci::JsonObject root(document, "lazy config");
  Config config;
  config.data_root = root.text("data_root");
  config.reference = root.text("reference");
  config.registries = root.text("registries");
  const oci::JsonObject proxies = root.object("proxies");
  config.proxies = {proxies.text("http"), proxies.text("https"), proxies.text("none")};
  for (const oci::JsonObject& layer : root.objects("layers")) {
    config.layers.push_back({oci::parse_descriptor(layer.object("blob")), oci::Digest::parse(layer.text("diff_id")),
                             oci::Digest::parse(layer.text("index"))});
  }
  for (const oci::JsonObject& host : root.objects("credentials")) {
    config.credentials.push_back({host.text("host"), {host.text("username"), host.text("password")}});
  }
  return config;
}

std::string Config::print() const {
  oci::Json root = {{"data_root", data_root}, {"reference", reference}, {"registries", registries}};
  root["proxies"] = {{"http", proxies.http}, {"https", proxies.https}, {"none", proxies.none}};
  root["layers"] = oci::Json::array();
  for (const LayerConfig& layer : layers) {
    root["layers"].push_back({{"blob", oci::print_descriptor(layer.blob)},
                              {"diff_id", layer.diff_id.text()},
                              {"index", layer.index.text()}});
  }
  root["credentials"] = oci::Json::array();
  for (const registry::HostCredentials& host : credentials) {
    root["credentials"].push_back(
        {{"host", host.host}, {"username", host.credentials.username}, {"password", host.credentials.password}});
  }
  return root.dump();
}

}  // namespace minibox::lazy
