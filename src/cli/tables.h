// The tables and JSON lists of ps and images, as text: pure functions with golden tests.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "wire/container_info.h"
#include "wire/container_stats.h"
#include "wire/disk_usage.h"
#include "wire/image_summary.h"
#include "wire/process_entry.h"
#include "wire/timing.h"
#include "wire/volume_info.h"

namespace minibox::cli {

using Containers = std::map<std::string, wire::ContainerInfo>;

// Only running ones unless `all`; rows in the order of the ids.
std::string containers_table(const Containers& containers, bool all, const Style& style);
std::string containers_json(const Containers& containers, bool all);
std::string container_ids(const Containers& containers, bool all);  // a line each

std::string ports_text(const std::map<std::string, std::string>& ports);  // "0.0.0.0:80->80/tcp,..."; "-" for none

bool is_up(const wire::ContainerInfo& info);  // running, paused, or about to be started again

struct StatsRow {
  wire::ContainerStats stats;
  std::string name;
};
std::string stats_table(const std::vector<StatsRow>& rows, const Style& style);
std::string stats_json(const std::vector<StatsRow>& rows);
std::string processes_table(const std::vector<wire::ProcessEntry>& processes, const Style& style);

std::string volumes_table(const std::vector<wire::VolumeInfo>& volumes, const Style& style);

std::string images_table(std::vector<wire::ImageSummary> images, const Style& style);
std::string image_ids(std::vector<wire::ImageSummary> images);  // a line each, in the order of their names, none twice
std::string images_json(std::vector<wire::ImageSummary> images);

struct HistoryRow {
  std::string created;  // RFC 3339 or empty
  std::string created_by;
  std::string comment;
};
std::string history_table(const std::vector<HistoryRow>& oldest_first, const Style& style);

std::string disk_usage_table(const std::vector<wire::DiskUsage>& usage, const Style& style);

std::string timing_table(const std::vector<wire::TimedStep>& steps, const Style& style);

std::string format_size(std::uint64_t bytes);  // "1.50 MB", "12 B", "-" for 0

}  // namespace minibox::cli
