#include "wire/run_request.h"

#include <array>
#include <utility>

#include "base/health_limits.h"
#include "base/signal_name.h"
#include "base/text.h"
#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr size_t kMaxParts = 100'000;  // of the JSON text, words of the command among them
constexpr std::int64_t kNoOomScore = INT64_MIN;

// What can be decided from the text alone; what needs the host (ports, volume sources, images) is the engine's.
void check(const RunRequest& request, const ObjectReader& reader) {
  if (request.cpu != 0 && request.cpus != 0) reader.refuse("'cpu' and 'cpus' exclude each other");
  if (!request.network.empty() && request.network != "bridge" && request.network != "none") {
    reader.refuse("field 'network' must be 'bridge' or 'none', not " + quote(request.network));
  }
  if (!request.stop_signal.empty() && !parse_signal(request.stop_signal))
    reader.refuse("field 'stop_signal': unknown signal " + quote(request.stop_signal));
  check_workdir(reader, request.workdir);
  check_env(reader, request.env);
}

constexpr size_t kMaxSeccomp = 512u << 10;  // Docker's profile has 16 KB

void read_isolation(ObjectReader& reader, RunRequest& request) {
  reader.read("cap_add", request.cap_add);
  reader.read("cap_drop", request.cap_drop);
  reader.read("seccomp", request.seccomp);
  if (request.seccomp.size() > kMaxSeccomp)
    reader.refuse("field 'seccomp' has " + std::to_string(request.seccomp.size()) + " bytes, more than " +
                  std::to_string(kMaxSeccomp));
  reader.read("userns", request.userns);
  reader.read("read_only", request.read_only);
  reader.read("db_mode", request.db_mode);
  reader.read("tmpfs", request.tmpfs);
  reader.read("named_volumes", request.named_volumes);
  reader.read("ulimits", request.ulimits);
  reader.read("sysctls", request.sysctls);
  reader.read("devices", request.devices);
  reader.read("shm_size", request.shm_size, 0, kMaxMemoryMb);
  std::int64_t oom_score_adj = kNoOomScore;
  reader.read("oom_score_adj", oom_score_adj, -1000, 1000);
  if (oom_score_adj != kNoOomScore) request.oom_score_adj = oom_score_adj;
  reader.read("cpuset", request.cpuset);
  reader.read("io_weight", request.io_weight, 0, 1000);
  reader.read("memory_swap", request.memory_swap, -1, kMaxMemoryMb);
}

using HealthTime = std::pair<const char*, std::int64_t Healthcheck::*>;
constexpr std::array kHealthTimes = {HealthTime{"interval_ms", &Healthcheck::interval_ms},
                                     HealthTime{"timeout_ms", &Healthcheck::timeout_ms},
                                     HealthTime{"start_period_ms", &Healthcheck::start_period_ms},
                                     HealthTime{"start_interval_ms", &Healthcheck::start_interval_ms}};

Healthcheck parse_healthcheck(const nlohmann::json& value) {
  const std::string what = "Invalid request: healthcheck";
  ObjectReader reader(value, what);
  Healthcheck check;
  reader.read("test", check.test);
  for (const auto& [name, member] : kHealthTimes) {
    reader.read(name, check.*member, 0, kMaxHealthTimeMs);
    if (check.*member != 0 && check.*member < kMinHealthTimeMs) {
      reader.refuse("field " + quote(name) + " must be 0 or at least " + std::to_string(kMinHealthTimeMs));
    }
  }
  reader.read("retries", check.retries, 0, kMaxHealthRetries);
  reader.refuse_unknown();
  check_health_test(check.test, what);
  return check;
}

nlohmann::json print_healthcheck(const Healthcheck& check) {
  nlohmann::json value = nlohmann::json::object();
  if (!check.test.empty()) value["test"] = check.test;
  for (const auto& [name, member] : kHealthTimes) {
    if (check.*member != 0) value[name] = check.*member;
  }
  if (check.retries != 0) value["retries"] = check.retries;
  return value;
}

template <typename Container>
void print_list(nlohmann::json& value, const char* name, const Container& list) {
  if (!list.empty()) value[name] = list;
}

void print_volumes(nlohmann::json& value, const char* name, const Volumes& volumes) {
  for (auto it = volumes.begin(); it != volumes.end();) {
    const auto end = volumes.upper_bound(it->first);
    nlohmann::json& places = value[name][it->first];
    if (std::next(it) == end) places = it->second;
    for (; it != end; ++it) {
      if (!places.is_string()) places.push_back(it->second);
    }
  }
}

void print_isolation(const RunRequest& request, nlohmann::json& value) {
  print_list(value, "cap_add", request.cap_add);
  print_list(value, "cap_drop", request.cap_drop);
  print_list(value, "seccomp", request.seccomp);
  print_list(value, "userns", request.userns);
  if (request.read_only) value["read_only"] = true;
  if (request.db_mode) value["db_mode"] = true;
  print_list(value, "tmpfs", request.tmpfs);
  print_volumes(value, "named_volumes", request.named_volumes);
  print_list(value, "ulimits", request.ulimits);
  print_list(value, "sysctls", request.sysctls);
  print_list(value, "devices", request.devices);
  if (request.shm_size != 0) value["shm_size"] = request.shm_size;
  if (request.oom_score_adj) value["oom_score_adj"] = *request.oom_score_adj;
  print_list(value, "cpuset", request.cpuset);
  if (request.io_weight != 0) value["io_weight"] = request.io_weight;
  if (request.memory_swap != 0) value["memory_swap"] = request.memory_swap;
}

}  // namespace

RunRequest RunRequest::parse(const std::string& json) {
  const nlohmann::json value = parse_json(json, "Invalid request", kMaxParts);
  ObjectReader reader(value, "Invalid request");
  RunRequest request;
  reader.read("image", request.image);
  reader.read("command", request.command);
  reader.read("entrypoint", request.entrypoint);
  reader.read("detached", request.detached);
  reader.read("interactive", request.interactive);
  reader.read("tty", request.tty);
  read_size(reader, request.rows, request.columns);
  reader.read("remove", request.remove);
  reader.read("timing", request.timing);
  reader.read("memory", request.memory, 0, kMaxMemoryMb);
  reader.read("cpu", request.cpu, 0, kMaxQuotaUs);
  reader.read("cpus", request.cpus, 0.0, kMaxCores);
  reader.read("pids_limit", request.pids_limit, -1, kMaxPids);
  reader.read("network", request.network);
  reader.read("ports", request.ports);
  reader.read("volumes", request.volumes);
  reader.read("env", request.env);
  reader.read("user", request.user);
  reader.read("workdir", request.workdir);
  reader.read("name", request.name);
  reader.read("hostname", request.hostname);
  reader.read("project", request.project);
  reader.read("restart", request.restart);
  reader.read("stop_signal", request.stop_signal);
  reader.read("labels", request.labels);
  reader.read("extra_hosts", request.extra_hosts);
  reader.read("dns", request.dns);
  if (const nlohmann::json* check = reader.object("healthcheck")) request.healthcheck = parse_healthcheck(*check);
  read_isolation(reader, request);
  reader.refuse_unknown();
  check(request, reader);
  return request;
}

std::string RunRequest::print() const {
  nlohmann::json value = {{"image", image}};
  if (!command.empty()) value["command"] = command;
  if (!entrypoint.empty()) value["entrypoint"] = entrypoint;
  if (detached) value["detached"] = true;
  if (interactive) value["interactive"] = true;
  if (tty) value["tty"] = true;
  if (rows != 0) value["rows"] = rows;
  if (columns != 0) value["columns"] = columns;
  if (remove) value["remove"] = true;
  if (timing) value["timing"] = true;
  if (memory != 0) value["memory"] = memory;
  if (cpu != 0) value["cpu"] = cpu;
  if (cpus != 0) value["cpus"] = cpus;
  if (pids_limit != 0) value["pids_limit"] = pids_limit;
  if (!network.empty()) value["network"] = network;
  if (!ports.empty()) value["ports"] = ports;
  print_volumes(value, "volumes", volumes);
  if (!env.empty()) value["env"] = env;
  if (!user.empty()) value["user"] = user;
  if (!workdir.empty()) value["workdir"] = workdir;
  if (!name.empty()) value["name"] = name;
  if (!hostname.empty()) value["hostname"] = hostname;
  if (!project.empty()) value["project"] = project;
  if (!restart.empty()) value["restart"] = restart;
  print_list(value, "stop_signal", stop_signal);
  print_list(value, "labels", labels);
  print_list(value, "extra_hosts", extra_hosts);
  print_list(value, "dns", dns);
  if (!healthcheck.empty()) value["healthcheck"] = print_healthcheck(healthcheck);
  print_isolation(*this, value);
  return print_json(value);
}

}  // namespace minibox::wire
