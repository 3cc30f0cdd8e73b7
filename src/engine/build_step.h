// One RUN of a build: a container like any other (same set-up steps, same confinement), whose root is the block's
// snapshot and whose record nobody keeps.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "build/log.h"
#include "build/scope.h"
#include "engine/engine_state.h"
#include "oci/digest.h"

namespace minibox::engine {

struct BuildStep {
  std::string directory;            // the block's working directory: upper, work, and the step's bundle
  std::vector<oci::Digest> layers;  // below the upper directory, bottom first
  std::vector<std::string> argv;
  build::Scope scope;
  std::int64_t epoch = 0;  // tools that stamp their output read it as SOURCE_DATE_EPOCH
  network::NetworkKind network = network::NetworkKind::kBridge;
  wire::Volumes mounts;  // as RunRequest::volumes
};

// Returns when the step and every process of it have ended. Error: kInvalid with the exit status when it is not 0,
// kCancelled when `stop` is requested, or why it could not start.
void run_build_step(EngineState& state, const BuildStep& step, build::StepOutput& output, std::stop_token stop);

}  // namespace minibox::engine
