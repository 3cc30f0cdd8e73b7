#include "build/image_changes.h"

#include <algorithm>

#include "base/text.h"

namespace minibox::build {
namespace {

void add_unique(std::vector<std::string>& list, const std::string& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

void add(ImageChanges& changes, const Instruction& instruction, const Scope& scope) {
  if (const auto* env = std::get_if<EnvInstruction>(&instruction.action)) {
    for (const EnvVar& variable : env->variables) set_env(changes.env, variable);
  } else if (std::holds_alternative<WorkdirInstruction>(instruction.action)) {
    changes.workdir = scope.workdir;
  } else if (std::holds_alternative<UserInstruction>(instruction.action)) {
    changes.user = scope.user;
  } else if (const auto* port = std::get_if<PortInstruction>(&instruction.action)) {
    add_unique(changes.ports, port->port);
  } else if (const auto* volume = std::get_if<VolumeInstruction>(&instruction.action)) {
    for (const std::string& path : volume->paths) add_unique(changes.volumes, resolve_path("/", path));
  }
}

}  // namespace

ImageChanges image_changes(const Document& document, const Graph& graph, const Scope& base) {
  ImageChanges changes;
  const std::vector<Scope> scopes = initial_scopes(document, graph, base);
  for (const size_t block : graph.image()) {
    Scope scope = scopes[block];
    for (const Instruction& instruction : document.blocks[block].instructions) {
      apply(scope, instruction);
      add(changes, instruction, scope);
    }
  }
  if (document.start) changes.start = document.start->argv;
  changes.healthcheck = document.healthcheck;
  return changes;
}

std::string health_command_label(const Healthcheck& healthcheck) {
  return join(healthcheck.argv, "\x1f");
}

}  // namespace minibox::build
