// What a MiniBox file changes in the base image's config. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/document.h"
#include "build/graph.h"
#include "build/scope.h"

namespace minibox::build {

struct ImageChanges {
  std::vector<EnvVar> env;             // to be merged over the base's, set_env() by set_env()
  std::optional<std::string> workdir;  // of the last WORKDIR among the blocks of the image
  std::optional<std::string> user;
  std::vector<std::string> ports;                 // "80/tcp", added to the base's
  std::vector<std::string> volumes;               // added to the base's
  std::optional<std::vector<std::string>> start;  // replaces Cmd, keeps Entrypoint
  std::optional<Healthcheck> healthcheck;
};

// Looks only at the blocks whose layers are in the image, in stacking order: what a BNEEDed block sets stays out of it.
ImageChanges image_changes(const Document& document, const Graph& graph, const Scope& base);

// Label values of a health check: the command's words joined by byte 0x1f, and the interval in seconds.
inline constexpr const char* kHealthCommandLabel = "mini.healthcheck.cmd";
inline constexpr const char* kHealthIntervalLabel = "mini.healthcheck.interval";
std::string health_command_label(const Healthcheck& healthcheck);

}  // namespace minibox::build
