// A named volume, GET /volumes.
#pragma once

#include <string>
#include <vector>

namespace minibox::wire {

struct VolumeInfo {
  std::string name;
  std::string mountpoint;            // on the daemon's host
  std::string created_at;            // RFC 3339; empty where the file system does not know
  std::vector<std::string> used_by;  // containers by name or id, running or not

  static std::vector<VolumeInfo> parse_list(const std::string& json);
  static std::string print_list(const std::vector<VolumeInfo>& volumes);
};

}  // namespace minibox::wire
