// What a server is told at its start, by the daemon alone: over a socket, in a file in memory, never by its arguments
// or environment, for it holds credentials. Plain value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "oci/digest.h"
#include "registry/access.h"

namespace minibox::lazy {

struct LayerConfig {
  oci::Descriptor blob;
  oci::Digest diff_id;
  oci::Digest index;  // the blob that holds it, in the store
};

struct Config {
  std::string data_root;
  std::vector<LayerConfig> layers;
  std::string reference;   // what the registries call the image
  std::string registries;  // the text of registries.json, "" for none
  registry::ProxyTable::Variables proxies;
  std::vector<registry::HostCredentials> credentials;

  static Config parse(std::string_view json);
  std::string print() const;
};

}  // namespace minibox::lazy
