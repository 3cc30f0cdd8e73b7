// The options of `minibox build` and the request they make: files of the client are read here.
#pragma once

#include <string>

#include "cli/command_table.h"
#include "wire/build_request.h"

namespace minibox::cli {

enum class BuildProgress { kPlain, kTty };

struct BuildOptions {
  wire::BuildRequest request;
  BuildProgress progress = BuildProgress::kPlain;
  std::string graph_file;  // --graph; empty: none
};

// False when help was asked for and printed.
bool parse_build_options(const Args& args, const client::Environment& environment, BuildOptions& options);

}  // namespace minibox::cli
