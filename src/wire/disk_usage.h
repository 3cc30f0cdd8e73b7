// Answers of GET /system/df and POST /system/prune. The field names are the JSON names; sizes are bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace minibox::wire {

struct DiskUsage {  // a row of the table
  std::string type;
  std::int64_t total = 0;   // how many there are
  std::int64_t active = 0;  // of them in use
  std::int64_t size = 0;
  std::int64_t reclaimable = 0;  // what removing those that are not in use would give back

  static std::vector<DiskUsage> parse_list(const std::string& json);
  static std::string print_list(const std::vector<DiskUsage>& rows);
};

struct PruneReport {
  std::int64_t blobs_removed = 0;
  std::int64_t bytes_freed = 0;  // of blobs, unpacked layers and leftovers
  std::int64_t fuse_mounts_killed = 0;
  std::int64_t build_cache_removed = 0;      // absent when 0
  std::int64_t build_cache_bytes_freed = 0;  // absent when 0
  bool put_off = false;  // a build, pull, load or start was at work: the rest is removed when it has ended

  static PruneReport parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
