#include "cli/tables.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"

namespace minibox::cli {
namespace {

using Row = std::vector<std::string>;
constexpr size_t kPadding = 3;
constexpr size_t kCommandWidth = 25;

// Columns as wide as their widest cell. `paint` may colour a cell after its width is known.
template <typename Paint>
std::string layout(const std::vector<Row>& rows, const Paint& paint) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < rows[r].size(); ++i) {
      text += paint(r, i, rows[r][i]);
      const bool last = i + 1 == rows[r].size();
      if (!last) text.append(widths[i] - display_width(rows[r][i]) + kPadding, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string local_time(const std::string& rfc3339) {
  tm parsed{};
  if (::strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%S", &parsed) == nullptr) return printable(rfc3339);
  const time_t seconds = ::timegm(&parsed);
  tm local{};
  ::localtime_r(&seconds, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

std::string short_command(const std::vector<std::string>& command) {
  const std::string text = printable(join(command, " "));
  return display_width(text) > kCommandWidth ? cut_to_width(text, kCommandWidth - 3) + "..." : text;
}

std::string exit_text(const wire::ContainerInfo& info) {
  if (is_up(info) && info.status != "restarting") return "-";
  return info.exit_code < 0 ? "?" : std::to_string(info.exit_code);
}

// An end for lack of memory looks like any other 137 otherwise.
std::string status_text(const wire::ContainerInfo& info) {
  const bool ended = !is_up(info) || info.status == "restarting";
  return printable(info.status) + (ended && info.oom_killed ? " (out of memory)" : "");
}

std::string health_text(const wire::ContainerInfo& info) {
  return info.health.empty() ? "none" : printable(info.health);
}

Row container_row(const wire::ContainerInfo& info) {
  return {printable(info.id),
          printable(info.image),
          short_command(info.command),
          local_time(info.created_at),
          status_text(info),
          health_text(info),
          exit_text(info),
          ports_text(info.ports),
          info.name.empty() ? "-" : printable(info.name)};
}

std::vector<const wire::ContainerInfo*> chosen(const Containers& containers, bool all) {
  std::vector<const wire::ContainerInfo*> rows;
  for (const auto& [id, info] : containers) {
    if (all || is_up(info)) rows.push_back(&info);
  }
  return rows;
}

struct ImageName {
  std::string repository;
  std::string tag;
};

// The tag begins at a ':' behind the last '/': before it, a ':' belongs to the registry's port.
ImageName split_name(const std::string& name) {
  if (const size_t digest = name.find('@'); digest != std::string::npos) {
    return {split_name(name.substr(0, digest)).repository, "<none>"};
  }
  const size_t slash = name.rfind('/');
  const size_t colon = name.rfind(':');
  if (colon == std::string::npos || (slash != std::string::npos && colon < slash)) return {name, "latest"};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

std::string short_digest(const std::string& digest) {
  const std::string hex = digest.substr(digest.find(':') == std::string::npos ? 0 : digest.find(':') + 1);
  return hex.empty() ? "<none>" : hex.substr(0, 12);
}

void sort_by_name(std::vector<wire::ImageSummary>& images) {
  std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
}

std::string indented(const nlohmann::ordered_json& value) {
  return value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

bool is_up(const wire::ContainerInfo& info) {
  return info.status == "running" || info.status == "paused" || info.status == "restarting";
}

// "8080" -> "80" is published on all addresses, "127.0.0.1:8080" -> "80/tcp" on that one.
std::string ports_text(const std::map<std::string, std::string>& ports) {
  std::vector<std::string> parts;
  for (const auto& [host, container] : ports) {
    const std::string address = host.find(':') == std::string::npos ? "0.0.0.0:" + host : host;
    const std::string protocol = container.find('/') == std::string::npos ? "/tcp" : "";
    parts.push_back(address + "->" + container + protocol);
  }
  std::sort(parts.begin(), parts.end());
  return parts.empty() ? "-" : printable(join(parts, ","));
}

std::string containers_table(const Containers& containers, bool all, const Style& style) {
  std::vector<Row> rows = {
      {"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "HEALTH", "EXIT", "PORTS", "NAMES"}};
  for (const wire::ContainerInfo* info : chosen(containers, all)) rows.push_back(container_row(*info));
  if (rows.size() == 1 && !all) return "No active containers found. Use -a to see all.\n";
  return layout(rows, [&style](size_t row, size_t column, const std::string& cell) {
    constexpr size_t kStatus = 4;
    constexpr size_t kHealth = 5;
    if (row == 0) return style.bold(cell);
    if (column == kHealth && cell == "unhealthy") return style.red(cell);
    if (column != kStatus) return cell;
    return cell == "running" ? style.green(cell) : style.red(cell);
  });
}

std::string containers_json(const Containers& containers, bool all) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const wire::ContainerInfo* info : chosen(containers, all)) {
    list.push_back({{"id", info->id},
                    {"name", info->name},
                    {"image", info->image},
                    {"command", join(info->command, " ")},
                    {"created", info->created_at},
                    {"status", info->status},
                    {"health", health_text(*info)},
                    {"exit", exit_text(*info)},
                    {"ports", ports_text(info->ports)}});
  }
  return indented(list);
}

std::string container_ids(const Containers& containers, bool all) {
  std::string lines;
  for (const wire::ContainerInfo* info : chosen(containers, all)) lines += info->id + "\n";
  return lines;
}

std::string format_size(std::uint64_t bytes) {
  if (bytes == 0) return "-";
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array kUnits = {"KB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  char text[48];
  std::snprintf(text, sizeof text, "%.2f %s", value, kUnits[unit]);
  return text;
}

std::string images_table(std::vector<wire::ImageSummary> images, const Style& style) {
  sort_by_name(images);
  std::vector<Row> rows = {{"REPOSITORY", "TAG", "IMAGE ID", "SIZE"}};
  for (const wire::ImageSummary& image : images) {
    const ImageName name = split_name(image.name);
    rows.push_back({printable(name.repository), printable(name.tag), printable(short_digest(image.digest)),
                    format_size(image.size_bytes)});
  }
  return layout(rows,
                [&style](size_t row, size_t, const std::string& cell) { return row == 0 ? style.bold(cell) : cell; });
}

std::string volumes_table(const std::vector<wire::VolumeInfo>& volumes, const Style& style) {
  std::vector<Row> rows = {{"VOLUME NAME", "CREATED", "USED BY"}};
  for (const wire::VolumeInfo& volume : volumes) {
    rows.push_back({printable(volume.name), volume.created_at.empty() ? "-" : local_time(volume.created_at),
                    volume.used_by.empty() ? "-" : printable(join(volume.used_by, ","))});
  }
  return layout(rows,
                [&style](size_t row, size_t, const std::string& cell) { return row == 0 ? style.bold(cell) : cell; });
}

std::string image_ids(std::vector<wire::ImageSummary> images) {
  sort_by_name(images);
  std::string text;
  std::set<std::string> seen;
  for (const wire::ImageSummary& image : images) {
    if (seen.insert(image.digest).second) text += printable(short_digest(image.digest)) + "\n";
  }
  return text;
}

std::string images_json(std::vector<wire::ImageSummary> images) {
  sort_by_name(images);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const wire::ImageSummary& image : images) {
    const ImageName name = split_name(image.name);
    list.push_back({{"name", image.name},
                    {"repository", name.repository},
                    {"tag", name.tag},
                    {"id", short_digest(image.digest)},
                    {"digest", image.digest},
                    {"size", std::to_string(image.size_bytes)},
                    {"created", image.created}});
  }
  return indented(list);
}

std::string history_table(const std::vector<HistoryRow>& oldest_first, const Style& style) {
  constexpr size_t kWidth = 60;
  std::vector<Row> rows = {{"CREATED", "CREATED BY", "COMMENT"}};
  for (auto it = oldest_first.rbegin(); it != oldest_first.rend(); ++it) {
    rows.push_back({it->created.empty() ? "-" : local_time(it->created),
                    cut_to_width(printable(it->created_by), kWidth), printable(it->comment)});
  }
  return layout(rows,
                [&style](size_t row, size_t, const std::string& cell) { return row == 0 ? style.bold(cell) : cell; });
}

std::string timing_table(const std::vector<wire::TimedStep>& steps, const Style& style) {
  std::vector<Row> rows = {{"WHERE", "STEP", "US"}};
  for (const wire::TimedStep& step : steps) {
    rows.push_back({printable(step.where), printable(step.name), std::to_string(step.us)});
  }
  return layout(rows,
                [&style](size_t row, size_t, const std::string& cell) { return row == 0 ? style.bold(cell) : cell; });
}

std::string processes_table(const std::vector<wire::ProcessEntry>& processes, const Style& style) {
  std::vector<Row> rows = {{"PID", "HOST PID", "UID", "STATE", "THREADS", "COMMAND"}};
  for (const wire::ProcessEntry& process : processes) {
    rows.push_back({std::to_string(process.pid), std::to_string(process.host_pid), std::to_string(process.uid),
                    printable(process.state), std::to_string(process.threads), printable(process.command)});
  }
  return layout(rows,
                [&style](size_t row, size_t, const std::string& cell) { return row == 0 ? style.bold(cell) : cell; });
}

namespace {

std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f%%", value);
  return text;
}

std::string size_of(std::int64_t bytes) {
  return bytes == 0 ? "0 B" : format_size(static_cast<std::uint64_t>(bytes));
}

}  // namespace

std::string disk_usage_table(const std::vector<wire::DiskUsage>& usage, const Style& style) {
  std::vector<Row> rows = {{"TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"}};
  for (const wire::DiskUsage& row : usage) {
    const std::int64_t share = row.size == 0 ? 0 : 100 * row.reclaimable / row.size;
    rows.push_back({printable(row.type), std::to_string(row.total), std::to_string(row.active), size_of(row.size),
                    size_of(row.reclaimable) + " (" + std::to_string(share) + "%)"});
  }
  return layout(rows,
                [&style](size_t row, size_t, const std::string& cell) { return row == 0 ? style.bold(cell) : cell; });
}

std::string stats_table(const std::vector<StatsRow>& rows, const Style& style) {
  std::vector<Row> table = {
      {"CONTAINER ID", "NAME", "CPU", "MEMORY / LIMIT", "MEMORY", "NET I/O", "BLOCK I/O", "PIDS"}};
  for (const auto& [stats, name] : rows) {
    const double share = stats.memory_limit == 0 ? 0
                                                 : 100.0 * static_cast<double>(stats.memory_usage) /
                                                       static_cast<double>(stats.memory_limit);
    table.push_back({printable(stats.id), name.empty() ? "-" : printable(name), percent(stats.cpu_percent),
                     size_of(stats.memory_usage) + " / " + format_size(static_cast<std::uint64_t>(stats.memory_limit)),
                     percent(share), size_of(stats.net_input) + " / " + size_of(stats.net_output),
                     size_of(stats.block_input) + " / " + size_of(stats.block_output), std::to_string(stats.pids)});
  }
  return layout(table,
                [&style](size_t row, size_t, const std::string& cell) { return row == 0 ? style.bold(cell) : cell; });
}

std::string stats_json(const std::vector<StatsRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& [stats, name] : rows) {
    nlohmann::ordered_json one = nlohmann::ordered_json::parse(stats.print());
    one["name"] = name;
    list.push_back(std::move(one));
  }
  return indented(list);
}

}  // namespace minibox::cli
