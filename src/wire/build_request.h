// POST /containers/build.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/registry_auth.h"

namespace minibox::wire {

inline constexpr std::int64_t kMaxSourceDateEpoch = 8'589'934'591;  // 2242, what tar can hold

struct BuildRequest {
  std::string image;    // name of the result
  std::string minibox;  // text of the MiniBox file
  std::string context;  // absolute directory on the daemon's host
  std::string file;     // name of the MiniBox file for messages; default "MiniBox"
  bool no_cache = false;
  // The time of everything in the image, seconds since 1970: the client's SOURCE_DATE_EPOCH. 0: 1970, and the image
  // does not say when it was made.
  std::int64_t source_date_epoch = 0;
  std::vector<RegistryAuth> auths = {};  // for base images; travel in the header X-Registry-Config, not in the JSON

  static BuildRequest parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
