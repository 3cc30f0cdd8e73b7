// minibox inspect: the record and the launch spec with the keys of Docker's inspect, where there is one for it.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/restart_policy.h"
#include "oci/runtime_spec.h"
#include "runtime/bundle.h"

namespace minibox::engine {
namespace {

using Json = nlohmann::ordered_json;

std::string print(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The output is the container's own; print() replaces what is no UTF-8.
Json health_of(const HealthReport& health) {
  Json log = Json::array();
  for (const ProbeRecord& probe : health.log) {
    log.push_back(
        {{"Start", probe.start}, {"End", probe.end}, {"ExitCode", probe.exit_code}, {"Output", probe.output}});
  }
  return {{"Status", health.status}, {"FailingStreak", health.failing_streak}, {"Log", log}};
}

Json state_of(const Container& container) {
  const wire::ContainerInfo& info = container.record.info;
  const bool running = container.running();
  Json state = {{"Status", info.status},
                {"Running", running},
                {"Paused", info.status == "paused"},
                {"Restarting", info.status == "restarting"},
                {"OOMKilled", info.oom_killed},
                {"Pid", info.pid},
                {"ExitCode", running ? 0 : info.exit_code},
                {"StartedAt", info.started_at},
                {"FinishedAt", info.finished_at}};
  if (const auto health = container.health()) state["Health"] = health_of(health->report());
  return state;
}

Json config_of(const ContainerRecord& record, const oci::RuntimeSpec& spec) {
  const oci::User& user = spec.process.user;
  Json config = {{"Hostname", spec.hostname},   {"User", std::to_string(user.uid) + ":" + std::to_string(user.gid)},
                 {"Env", spec.process.env},     {"Cmd", record.info.command},
                 {"Image", record.info.image},  {"WorkingDir", spec.process.cwd},
                 {"Labels", record.info.labels}};
  if (!record.stop_signal.empty()) config["StopSignal"] = record.stop_signal;
  if (record.healthcheck) config["Healthcheck"] = Json::parse(record.healthcheck->print());
  return config;
}

Json restart_policy_of(const std::string& text) {
  const std::string name = text.substr(0, text.find(':'));
  return {{"Name", name.empty() ? "no" : name}, {"MaximumRetryCount", RestartPolicy::parse(text).max_restarts}};
}

// 0 for no limit, as Docker has it; bytes and microseconds.
Json host_config_of(const ContainerRecord& record, const oci::RuntimeSpec& spec) {
  const oci::Resources& resources = spec.resources;
  const std::string network = record.request.network.empty() ? "bridge" : record.request.network;
  return {{"NetworkMode", network},
          {"AutoRemove", record.request.remove},
          {"RestartPolicy", restart_policy_of(record.request.restart)},
          {"Memory", resources.memory_limit.value_or(0)},
          {"MemorySwap", resources.memory_swap.value_or(0)},
          {"CpuQuota", resources.cpu_quota.value_or(0)},
          {"CpuPeriod", resources.cpu_period.value_or(0)},
          {"PidsLimit", resources.pids_limit.value_or(0)},
          {"ReadonlyRootfs", spec.root_readonly},
          {"CgroupPath", spec.cgroups_path},
          {"ExtraHosts", record.request.extra_hosts},
          {"Dns", record.request.dns}};
}

Json mount_of(const char* type, const std::string& source, const std::string& target) {
  const size_t colon = target.find(':');
  const bool read_only = colon != std::string::npos && target.substr(colon + 1) == "ro";
  return {{"Type", type}, {"Source", source}, {"Destination", target.substr(0, colon)}, {"RW", !read_only}};
}

Json mounts_of(const EngineState& state, const wire::RunRequest& request) {
  Json mounts = Json::array();
  for (const auto& [source, target] : request.volumes) mounts.push_back(mount_of("bind", source, target));
  for (const auto& [name, target] : request.named_volumes) {
    mounts.push_back(mount_of("volume", state.volumes.path(name), target));
    mounts.back()["Name"] = name;
  }
  return mounts;
}

// {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}
Json ports_of(const wire::ContainerInfo& info) {
  Json ports = Json::object();
  for (const auto& [host, container] : info.ports) {
    const size_t colon = host.rfind(':');
    const std::string key = container.find('/') == std::string::npos ? container + "/tcp" : container;
    ports[key].push_back({{"HostIp", colon == std::string::npos ? "0.0.0.0" : host.substr(0, colon)},
                          {"HostPort", colon == std::string::npos ? host : host.substr(colon + 1)}});
  }
  return ports;
}

}  // namespace

std::string Engine::inspect_container(const std::string& reference) const {
  const ContainerPtr container = state_->containers.find(reference);
  const std::lock_guard lock(container->mutex);
  if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + quote(reference));
  const ContainerRecord& record = container->record;
  const wire::ContainerInfo& info = record.info;
  const std::string config = container->directory + "/" + runtime::kConfigFile;
  const oci::RuntimeSpec spec = oci::RuntimeSpec::parse(sys::read_file(config));
  return print({{"Id", info.id},
                {"Name", info.name},
                {"Created", info.created_at},
                {"Image", info.image_digest},
                {"State", state_of(*container)},
                {"RestartCount", info.restart_count},
                {"Config", config_of(record, spec)},
                {"HostConfig", host_config_of(record, spec)},
                {"Mounts", mounts_of(*state_, record.request)},
                {"NetworkSettings", {{"IPAddress", info.ip}, {"Ports", ports_of(info)}}},
                {"LogPath", container->directory + "/" + runtime::kLogFile},
                {"Project", info.project}});
}

std::string Engine::inspect_image(const std::string& reference) const {
  const store::ImagePointer image = state_->images.resolve(reference);
  if (!image) throw missing_image(*state_, reference);
  std::vector<std::string> layers;
  for (const oci::Digest& diff_id : image->diff_ids) layers.push_back(diff_id.text());
  std::vector<std::string> names;
  for (const store::ImageEntry& entry : state_->images.list()) {
    if (entry.digest.text() == image->manifest_digest.text()) names.push_back(entry.name);
  }
  const Json config = Json::parse(image->config.print());
  return print({{"Id", image->manifest_digest.text()},
                {"RepoTags", names},
                {"Created", image->config.created},
                {"Architecture", image->config.architecture},
                {"Os", image->config.os},
                {"Size", image->size_bytes},
                {"Config", config.value("config", Json::object())},
                {"History", config.value("history", Json::array())},
                {"RootFS", {{"Type", "layers"}, {"Layers", layers}}}});
}

}  // namespace minibox::engine
