#include "wire/container_stats.h"

#include "wire/json_object.h"

namespace minibox::wire {

ContainerStats ContainerStats::parse(const std::string& json) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const nlohmann::json value = parse_json(json, "unexpected statistics");
  ObjectReader reader(value, "unexpected statistics");
  ContainerStats stats;
  reader.read("id", stats.id);
  reader.read("memory_usage", stats.memory_usage, 0, kMax);
  reader.read("memory_limit", stats.memory_limit, 0, kMax);
  reader.read("cpu_usage_usec", stats.cpu_usage_usec, 0, kMax);
  reader.read("cpu_percent", stats.cpu_percent, 0.0, 1e9);
  reader.read("pids", stats.pids, 0, kMax);
  reader.read("net_input", stats.net_input, 0, kMax);
  reader.read("net_output", stats.net_output, 0, kMax);
  reader.read("block_input", stats.block_input, 0, kMax);
  reader.read("block_output", stats.block_output, 0, kMax);
  return stats;
}

std::string ContainerStats::print() const {
  return print_json({{"id", id},
                     {"memory_usage", memory_usage},
                     {"memory_limit", memory_limit},
                     {"cpu_usage_usec", cpu_usage_usec},
                     {"cpu_percent", cpu_percent},
                     {"pids", pids},
                     {"net_input", net_input},
                     {"net_output", net_output},
                     {"block_input", block_input},
                     {"block_output", block_output}});
}

}  // namespace minibox::wire
