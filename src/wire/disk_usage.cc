#include "wire/disk_usage.h"

#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::vector<DiskUsage> DiskUsage::parse_list(const std::string& json) {
  constexpr char kWhat[] = "unexpected disk usage";
  const nlohmann::json value = parse_json_list(json, kWhat);
  std::vector<DiskUsage> rows;
  for (const nlohmann::json& one : value) {
    ObjectReader reader(one, kWhat);
    DiskUsage row;
    reader.read("type", row.type);
    reader.read("total", row.total, 0, kMax);
    reader.read("active", row.active, 0, kMax);
    reader.read("size", row.size, 0, kMax);
    reader.read("reclaimable", row.reclaimable, 0, kMax);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string DiskUsage::print_list(const std::vector<DiskUsage>& rows) {
  nlohmann::json value = nlohmann::json::array();
  for (const DiskUsage& row : rows) {
    value.push_back({{"type", row.type},
                     {"total", row.total},
                     {"active", row.active},
                     {"size", row.size},
                     {"reclaimable", row.reclaimable}});
  }
  return print_json(value);
}

PruneReport PruneReport::parse(const std::string& json) {
  constexpr char kWhat[] = "unexpected prune report";
  const nlohmann::json value = parse_json(json, kWhat);
  ObjectReader reader(value, kWhat);
  PruneReport report;
  reader.read("blobs_removed", report.blobs_removed, 0, kMax);
  reader.read("bytes_freed", report.bytes_freed, 0, kMax);
  reader.read("fuse_mounts_killed", report.fuse_mounts_killed, 0, kMax);
  reader.read("build_cache_removed", report.build_cache_removed, 0, kMax);
  reader.read("build_cache_bytes_freed", report.build_cache_bytes_freed, 0, kMax);
  reader.read("put_off", report.put_off);
  return report;
}

std::string PruneReport::print() const {
  nlohmann::json value = {
      {"blobs_removed", blobs_removed}, {"bytes_freed", bytes_freed}, {"fuse_mounts_killed", fuse_mounts_killed}};
  if (build_cache_removed != 0) value["build_cache_removed"] = build_cache_removed;
  if (build_cache_bytes_freed != 0) value["build_cache_bytes_freed"] = build_cache_bytes_freed;
  if (put_off) value["put_off"] = true;
  return print_json(value);
}

}  // namespace minibox::wire
