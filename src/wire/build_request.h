// POST /containers/build.
#pragma once

#include <cstdint>
#include <map>
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
  std::vector<RegistryAuth> auths =
      {};                // for base images and caches; travel in the header X-Registry-Config, not in the JSON
  bool lenient = false;  // pass over lines with unknown words
  std::string target;    // the block to build, with what it needs; empty: all, the last one
  std::map<std::string, std::string> build_args;  // values for the file's ARGs
  std::map<std::string, std::string> secrets;     // name -> bytes, in JSON as base64; for the blocks that ask for them
  std::string network;                            // of the steps: "", "bridge" or "none"
  std::vector<std::string> cache_dirs;            // CACHE paths for every block
  std::vector<std::string> cache_from;            // build caches in registries: REGISTRY/REPOSITORY[:TAG]
  std::vector<std::string> cache_to;
  bool explain = false;  // log for each block why it runs or does not
  bool report = false;   // end the log with a line of wire/build_report.h

  static BuildRequest parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
