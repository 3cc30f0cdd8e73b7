#include "build/scope.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"

namespace minibox::build {
namespace {

Scope with_default_env(Scope scope) {
  if (scope.env.empty()) scope.env = default_env();
  if (scope.workdir.empty()) scope.workdir = "/";
  return scope;
}

void apply_env(std::vector<EnvVar>& env, const Block& block) {
  for (const Instruction& instruction : block.instructions) {
    const auto* action = std::get_if<EnvInstruction>(&instruction.action);
    if (action == nullptr) continue;
    for (const EnvVar& variable : action->variables) set_env(env, variable);
  }
}

}  // namespace

std::vector<EnvVar> default_env() {
  return {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin"},
          {"HOME", "/root"}};
}

void set_env(std::vector<EnvVar>& env, const EnvVar& variable) {
  const auto same = [&](const EnvVar& other) { return other.name == variable.name; };
  const auto found = std::find_if(env.begin(), env.end(), same);
  if (found == env.end()) {
    env.push_back(variable);
  } else {
    found->value = variable.value;
  }
}

std::vector<EnvVar> parse_env_list(const std::vector<std::string>& texts) {
  std::vector<EnvVar> env;
  for (const std::string& text : texts) {
    const size_t equals = std::min(text.find('='), text.size());
    set_env(env, {text.substr(0, equals), equals == text.size() ? "" : text.substr(equals + 1)});
  }
  return env;
}

std::vector<std::string> print_env_list(const std::vector<EnvVar>& env) {
  std::vector<std::string> texts;
  texts.reserve(env.size());
  for (const EnvVar& variable : env) texts.push_back(variable.name + "=" + variable.value);
  return texts;
}

void apply(Scope& scope, const Instruction& instruction) {
  if (const auto* env = std::get_if<EnvInstruction>(&instruction.action)) {
    for (const EnvVar& variable : env->variables) set_env(scope.env, variable);
  } else if (const auto* workdir = std::get_if<WorkdirInstruction>(&instruction.action)) {
    scope.workdir = resolve_path(scope.workdir, workdir->path);
  } else if (const auto* user = std::get_if<UserInstruction>(&instruction.action)) {
    scope.user = user->user;
  } else if (const auto* arg = std::get_if<ArgInstruction>(&instruction.action)) {
    set_env(scope.args, {arg->name, arg->value.value_or("")});
  }
}

std::vector<EnvVar> step_env(const Scope& scope) {
  std::vector<EnvVar> env = scope.args;
  for (const EnvVar& variable : scope.env) set_env(env, variable);
  return env;
}

std::vector<Scope> initial_scopes(const Document& document, const Graph& graph, const std::vector<Scope>& bases) {
  std::vector<Scope> initial(document.blocks.size());
  std::vector<Scope> final(document.blocks.size());
  for (const size_t block : graph.order()) {
    const Scope start = with_default_env(bases[block]);
    Scope& scope = initial[block] = start;
    for (const size_t need : graph.inherited(block)) apply_env(scope.env, document.blocks[need]);
    for (const size_t need : graph.needs(block)) {
      if (final[need].workdir != start.workdir) scope.workdir = final[need].workdir;
      if (final[need].user != start.user) scope.user = final[need].user;
    }
    final[block] = scope;
    for (const Instruction& instruction : document.blocks[block].instructions) apply(final[block], instruction);
  }
  return initial;
}

}  // namespace minibox::build
