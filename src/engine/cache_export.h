// Puts what a build has made, or found, into a build cache in a registry (--cache-to).
#pragma once

#include <stop_token>
#include <vector>

#include "build/plan.h"
#include "build/scheduler.h"
#include "engine/cache_import.h"
#include "engine/cache_repository.h"
#include "engine/engine_state.h"

namespace minibox::engine {

struct CacheExport {
  EngineState& state;
  RegistryAccess& access;
  const build::Plan& plan;
  const std::vector<build::BlockOutcome>& outcomes;  // of the plan's blocks
  const CacheImport& import;                         // what it took from the same repository is not looked for again
};

// All blocks, in parallel. A record that is there already stays, unless the block was built anew just now or the record
// was refused. Throws what the registry says. The caller holds a Lease of the image store.
void export_cache(const CacheExport& build, const CacheRepository& to, const LogSink& log, const std::stop_token& stop);

}  // namespace minibox::engine
