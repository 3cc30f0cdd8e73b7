#include "wire/container_info.h"

#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr char kWhat[] = "unexpected list of containers";

nlohmann::json print_one(const ContainerInfo& info) {
  nlohmann::json value = {{"id", info.id},           {"image", info.image},
                          {"command", info.command}, {"pid", info.pid},
                          {"status", info.status},   {"created_at", info.created_at},
                          {"name", info.name},       {"exit_code", info.exit_code},
                          {"project", info.project}, {"oom_killed", info.oom_killed}};
  if (!info.image_digest.empty()) value["image_digest"] = info.image_digest;
  if (!info.started_at.empty()) value["started_at"] = info.started_at;
  if (!info.finished_at.empty()) value["finished_at"] = info.finished_at;
  if (!info.ports.empty()) value["ports"] = info.ports;
  if (!info.labels.empty()) value["labels"] = info.labels;
  if (!info.ip.empty()) value["ip"] = info.ip;
  if (!info.health.empty()) value["health"] = info.health;
  if (info.restart_count != 0) value["restart_count"] = info.restart_count;
  return value;
}

// Unknown fields are let through: a newer daemon may say more.
ContainerInfo parse_one(const nlohmann::json& value) {
  ObjectReader reader(value, kWhat);
  ContainerInfo info;
  std::int64_t pid = 0;
  std::int64_t exit_code = 0;
  reader.read("id", info.id);
  reader.read("name", info.name);
  reader.read("image", info.image);
  reader.read("image_digest", info.image_digest);
  reader.read("command", info.command);
  reader.read("pid", pid, 0, std::numeric_limits<int>::max());
  reader.read("status", info.status);
  reader.read("created_at", info.created_at);
  reader.read("started_at", info.started_at);
  reader.read("finished_at", info.finished_at);
  reader.read("exit_code", exit_code, -1, 255);
  reader.read("oom_killed", info.oom_killed);
  reader.read("ports", info.ports);
  reader.read("project", info.project);
  reader.read("labels", info.labels);
  reader.read("ip", info.ip);
  reader.read("health", info.health);
  reader.read("restart_count", info.restart_count, 0, std::numeric_limits<std::int64_t>::max());
  info.pid = static_cast<int>(pid);
  info.exit_code = static_cast<int>(exit_code);
  return info;
}

}  // namespace

std::map<std::string, ContainerInfo> ContainerInfo::parse_map(const std::string& json) {
  const nlohmann::json value = parse_json(json, kWhat);
  const ObjectReader reader(value, kWhat);
  std::map<std::string, ContainerInfo> containers;
  for (const auto& [id, one] : value.items()) containers.emplace(id, parse_one(one));
  return containers;
}

std::string ContainerInfo::print_map(const std::map<std::string, ContainerInfo>& containers) {
  nlohmann::json value = nlohmann::json::object();
  for (const auto& [id, info] : containers) value[id] = print_one(info);
  return print_json(value);
}

}  // namespace minibox::wire
