#include "engine/container.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_error.h"
#include "base/text.h"

namespace minibox::engine {

using nlohmann::ordered_json;

ContainerRecord ContainerRecord::parse(const std::string& json) {
  try {
    const ordered_json document = ordered_json::parse(json);
    ContainerRecord record;
    record.info = wire::ContainerInfo::parse_map(document.at("info").dump()).begin()->second;
    record.request = wire::RunRequest::parse(document.at("request").dump());
    if (document.contains("healthcheck"))
      record.healthcheck = oci::Healthcheck::parse(document.at("healthcheck").dump());
    record.stop_signal = document.value("stop_signal", "");
    for (const std::string& layer : document.at("layers").get<std::vector<std::string>>())
      record.layers.push_back(oci::Digest::parse(layer));
    return record;
  } catch (const ordered_json::exception& error) {
    throw Error(ErrorKind::kCorrupt, "state.json: " + describe_json_error(json, error));
  }
}

std::string ContainerRecord::print() const {
  std::vector<std::string> diff_ids;
  for (const oci::Digest& layer : layers) diff_ids.push_back(layer.text());
  // The parts are JSON already; to parse and print them again would cost more than all the rest of the record.
  return "{\"info\":" + wire::ContainerInfo::print_map({{info.id, info}}) + ",\n\"request\":" + request.print() +
         (healthcheck ? ",\n\"healthcheck\":" + healthcheck->print() : "") +
         (stop_signal.empty() ? "" : ",\n\"stop_signal\":" + ordered_json(stop_signal).dump()) +
         ",\n\"layers\":" + ordered_json(diff_ids).dump() + "}\n";
}

void check_container_name(const std::string& name) {
  bool good = !name.empty() && name.size() <= 64;
  for (size_t i = 0; good && i < name.size(); ++i) {
    const char c = name[i];
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    good = alphanumeric || (i > 0 && (c == '_' || c == '.' || c == '-'));
  }
  if (good) return;
  throw Error(ErrorKind::kInvalid, "invalid container name " + quote(name))
      .with_hint("letters, digits, '_', '.' and '-', at most 64, beginning with a letter or digit");
}

void ContainerTable::check_free(const std::string& name) const {
  const auto taken = id_by_name_.find(name);
  if (taken == id_by_name_.end()) return;
  throw Error(ErrorKind::kExists, "container name " + quote(name) + " is taken by container " + taken->second)
      .with_hint("remove it with: minibox rm -f " + name);
}

void ContainerTable::insert(const ContainerPtr& container) {
  const wire::ContainerInfo& info = container->record.info;
  const std::lock_guard lock(mutex_);
  if (!info.name.empty()) {
    check_free(info.name);
    id_by_name_[info.name] = info.id;
  }
  by_id_[info.id] = container;
}

void ContainerTable::rename(const std::string& id, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!name.empty()) check_free(name);
  std::erase_if(id_by_name_, [&](const auto& entry) { return entry.second == id; });
  if (!name.empty()) id_by_name_[name] = id;
}

void ContainerTable::erase(const std::string& id) {
  const std::lock_guard lock(mutex_);
  by_id_.erase(id);
  std::erase_if(id_by_name_, [&](const auto& entry) { return entry.second == id; });
}

ContainerPtr ContainerTable::find(const std::string& reference) const {
  const std::lock_guard lock(mutex_);
  const auto exact = by_id_.find(reference);
  if (exact != by_id_.end()) return exact->second;
  const auto named = id_by_name_.find(reference);
  if (named != id_by_name_.end()) return by_id_.at(named->second);
  ContainerPtr found;
  for (auto it = by_id_.lower_bound(reference);
       !reference.empty() && it != by_id_.end() && it->first.starts_with(reference); ++it) {
    if (found) throw Error(ErrorKind::kInvalid, "container id prefix " + quote(reference) + " is ambiguous");
    found = it->second;
  }
  if (!found)
    throw Error(ErrorKind::kNotFound, "container not found: " + quote(reference))
        .with_hint("minibox ps -a lists all containers");
  return found;
}

bool ContainerTable::contains(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return by_id_.contains(id);
}

std::vector<ContainerPtr> ContainerTable::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ContainerPtr> containers;
  for (const auto& [id, container] : by_id_) containers.push_back(container);
  return containers;
}

}  // namespace minibox::engine
