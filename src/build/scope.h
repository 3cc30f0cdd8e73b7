// What an instruction sees beside the file system: environment, working directory, user. Pure.
//
// Scoping: ENV, WORKDIR and USER hold for the later instructions of their block and for the blocks that NEED it (not
// for those that only BNEED it or COPY FROM it). A block begins with the base image's values; then come the ENV lines
// of its transitive NEEDs in stacking order; the working directory and the user are those of the last direct NEED that
// changed them. The image gets the base's values changed by the blocks of the image, in stacking order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/document.h"
#include "build/graph.h"

namespace minibox::build {

struct Scope {
  std::vector<EnvVar> env;  // names are unique, in order of first appearance
  std::string workdir = "/";
  std::string user;          // empty: root
  std::vector<EnvVar> args;  // ARG: environment of the steps of one block alone
  bool operator==(const Scope&) const = default;
};

std::vector<EnvVar> default_env();  // where a base has none

void set_env(std::vector<EnvVar>& env, const EnvVar& variable);

// "K=V" texts of an image config; a text without '=' is a name with an empty value.
std::vector<EnvVar> parse_env_list(const std::vector<std::string>& texts);
std::vector<std::string> print_env_list(const std::vector<EnvVar>& env);

// Changes the scope as ENV, ARG, WORKDIR and USER do; other instructions leave it alone.
void apply(Scope& scope, const Instruction& instruction);

// The environment of a step: ENV, and ARG where ENV has no such name.
std::vector<EnvVar> step_env(const Scope& scope);

// The scope each block begins with, by index. `bases` holds the values of the image that each stands on; where its
// environment is empty, a PATH and HOME are put in.
std::vector<Scope> initial_scopes(const Document& document, const Graph& graph, const std::vector<Scope>& bases);

}  // namespace minibox::build
