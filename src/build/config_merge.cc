#include "build/config_merge.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"

namespace minibox::build {
namespace {

void add_unique(std::vector<std::string>& list, const std::string& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

void merge(oci::ContainerDefaults& config, const Instruction& instruction, const Scope& scope) {
  if (const auto* action = std::get_if<EnvInstruction>(&instruction.action)) {
    std::vector<EnvVar> env = parse_env_list(config.env);
    for (const EnvVar& variable : action->variables) set_env(env, variable);
    config.env = print_env_list(env);
  } else if (std::holds_alternative<WorkdirInstruction>(instruction.action)) {
    config.working_dir = scope.workdir;
  } else if (std::holds_alternative<UserInstruction>(instruction.action)) {
    config.user = scope.user;
  } else if (const auto* port = std::get_if<PortInstruction>(&instruction.action)) {
    add_unique(config.exposed_ports, port->port);
  } else if (const auto* volume = std::get_if<VolumeInstruction>(&instruction.action)) {
    for (const std::string& path : volume->paths) add_unique(config.volumes, resolve_path("/", path));
  }
}

// The base's is not to be run (HEALTHCHECK NONE).
void unset_healthcheck(oci::ContainerDefaults& config) {
  config.labels.erase(kHealthCommandLabel);
  config.labels.erase(kHealthIntervalLabel);
  config.healthcheck = oci::Healthcheck{.test = {"NONE"}};
}

void set_healthcheck(oci::ContainerDefaults& config, const Healthcheck& check) {
  if (check.argv == std::vector<std::string>{"NONE"}) return unset_healthcheck(config);
  config.labels[kHealthCommandLabel] = join(check.argv, "\x1f");
  config.labels[kHealthIntervalLabel] = std::to_string((check.interval_ms + 999) / 1000);
  oci::Healthcheck docker;
  docker.test = {"CMD"};
  docker.test.insert(docker.test.end(), check.argv.begin(), check.argv.end());
  constexpr std::int64_t kNsPerMs = 1'000'000;
  docker.interval = check.interval_ms * kNsPerMs;
  docker.timeout = check.timeout_ms * kNsPerMs;
  docker.start_period = check.start_period_ms * kNsPerMs;
  docker.start_interval = check.start_interval_ms * kNsPerMs;
  docker.retries = check.retries;
  config.healthcheck = std::move(docker);
}

// Other engines refuse a history that does not count as many layers as there are.
bool history_is_complete(const oci::ImageConfig& config) {
  const auto layers = std::count_if(config.history.begin(), config.history.end(),
                                    [](const oci::HistoryEntry& entry) { return !entry.empty_layer; });
  return static_cast<size_t>(layers) == config.diff_ids.size();
}

}  // namespace

Scope base_scope(const oci::ImageConfig& base) {
  const oci::ContainerDefaults& config = base.config;
  return {parse_env_list(config.env), config.working_dir.empty() ? "/" : config.working_dir, config.user, {}};
}

oci::ImageConfig merge_config(const Document& document, const Graph& graph, const oci::ImageConfig& base) {
  oci::ImageConfig image = base;
  const std::vector<Scope> scopes =
      initial_scopes(document, graph, std::vector(document.blocks.size(), base_scope(base)));
  for (const size_t block : graph.image()) {
    Scope scope = scopes[block];
    for (const Instruction& instruction : document.blocks[block].instructions) {
      apply(scope, instruction);
      merge(image.config, instruction, scope);
    }
  }
  if (document.start) image.config.cmd = document.start->argv;
  if (document.healthcheck) set_healthcheck(image.config, *document.healthcheck);
  return image;
}

void add_layers(oci::ImageConfig& config, const Plan& plan, const std::vector<BlockResult>& results,
                const std::string& created) {
  const bool with_history = history_is_complete(config);
  config.created = created;
  for (const size_t block : plan.image) {
    config.diff_ids.push_back(results[block].diff_id);
    if (!with_history) continue;
    oci::HistoryEntry entry;
    entry.created = created;
    entry.created_by = "BLOCK " + plan.blocks[block].block->name;
    config.history.push_back(std::move(entry));
  }
}

}  // namespace minibox::build
