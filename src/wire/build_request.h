// POST /containers/build.
#pragma once

#include <string>
#include <vector>

#include "wire/registry_auth.h"

namespace minibox::wire {

struct BuildRequest {
  std::string image;    // name of the result
  std::string minibox;  // text of the MiniBox file
  std::string context;  // absolute directory on the daemon's host
  std::string file;     // name of the MiniBox file for messages; default "MiniBox"
  bool no_cache = false;
  std::vector<RegistryAuth> auths = {};  // for base images; travel in the header X-Registry-Config, not in the JSON

  static BuildRequest parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
