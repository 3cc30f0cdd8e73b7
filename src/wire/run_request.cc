#include "wire/run_request.h"

#include "base/text.h"
#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr std::int64_t kMaxMemoryMb = 16LL << 20;       // 16 TiB
constexpr std::int64_t kMaxQuotaUs = 4096LL * 100'000;  // 4096 cores
constexpr std::int64_t kMaxPids = 4 << 20;              // PID_MAX_LIMIT of 64-bit Linux

// What can be decided from the text alone; what needs the host (ports, volume sources, images) is the engine's.
void check(const RunRequest& request, const ObjectReader& reader) {
  if (request.cpu != 0 && request.cpus != 0) reader.refuse("'cpu' and 'cpus' exclude each other");
  if (!request.network.empty() && request.network != "bridge" && request.network != "none") {
    reader.refuse("field 'network' must be 'bridge' or 'none', not " + quote(request.network));
  }
  check_workdir(reader, request.workdir);
  check_env(reader, request.env);
}

}  // namespace

RunRequest RunRequest::parse(const std::string& json) {
  const nlohmann::json value = parse_json(json, "Invalid request");
  ObjectReader reader(value, "Invalid request");
  RunRequest request;
  reader.read("image", request.image);
  reader.read("command", request.command);
  reader.read("detached", request.detached);
  reader.read("interactive", request.interactive);
  reader.read("tty", request.tty);
  read_size(reader, request.rows, request.columns);
  reader.read("remove", request.remove);
  reader.read("timing", request.timing);
  reader.read("memory", request.memory, 0, kMaxMemoryMb);
  reader.read("cpu", request.cpu, 0, kMaxQuotaUs);
  reader.read("cpus", request.cpus, 0.0, 4096.0);
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
  reader.refuse_unknown();
  check(request, reader);
  return request;
}

std::string RunRequest::print() const {
  nlohmann::json value = {{"image", image}};
  if (!command.empty()) value["command"] = command;
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
  if (!volumes.empty()) value["volumes"] = volumes;
  if (!env.empty()) value["env"] = env;
  if (!user.empty()) value["user"] = user;
  if (!workdir.empty()) value["workdir"] = workdir;
  if (!name.empty()) value["name"] = name;
  if (!hostname.empty()) value["hostname"] = hostname;
  if (!project.empty()) value["project"] = project;
  return print_json(value);
}

}  // namespace minibox::wire
