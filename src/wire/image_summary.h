// One row of GET /images: a JSON array, [] when there is none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace minibox::wire {

struct ImageSummary {
  std::string name;              // as stored: "busybox", "host:5000/team/app:1"
  std::uint64_t size_bytes = 0;  // manifest, config and layers as stored
  std::string digest;            // of the manifest
  std::string created;           // RFC 3339 or empty

  static std::vector<ImageSummary> parse_list(const std::string& json);
  static std::string print_list(const std::vector<ImageSummary>& images);
};

}  // namespace minibox::wire
