#include "wire/process_entry.h"

#include "wire/json_object.h"

namespace minibox::wire {

std::vector<ProcessEntry> ProcessEntry::parse_list(const std::string& json) {
  constexpr char kWhat[] = "unexpected list of processes";
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const nlohmann::json value = parse_json_list(json, kWhat);
  std::vector<ProcessEntry> processes;
  for (const nlohmann::json& one : value) {
    ObjectReader reader(one, kWhat);
    ProcessEntry process;
    reader.read("pid", process.pid, 0, kMax);
    reader.read("host_pid", process.host_pid, 0, kMax);
    reader.read("uid", process.uid, 0, kMax);
    reader.read("threads", process.threads, 0, kMax);
    reader.read("state", process.state);
    reader.read("command", process.command);
    processes.push_back(std::move(process));
  }
  return processes;
}

std::string ProcessEntry::print_list(const std::vector<ProcessEntry>& processes) {
  nlohmann::json value = nlohmann::json::array();
  for (const ProcessEntry& process : processes) {
    value.push_back({{"pid", process.pid},
                     {"host_pid", process.host_pid},
                     {"uid", process.uid},
                     {"threads", process.threads},
                     {"state", process.state},
                     {"command", process.command}});
  }
  return print_json(value);
}

}  // namespace minibox::wire
