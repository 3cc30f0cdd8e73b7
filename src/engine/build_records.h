// What builds keep beside images and layers, all of it only to be quicker or to say more: what contexts held
// (contexts/), what went into the last build of each image (explain/), what CACHE paths hold (caches/). Any thread may
// call; a build at work keeps its CACHE paths, and writes what else it needs anew.
#pragma once

#include <cstdint>

#include "engine/engine_state.h"

namespace minibox::engine {

struct BuildRecords {
  std::uint64_t caches = 0;  // CACHE paths
  std::uint64_t bytes = 0;   // of everything
};

BuildRecords count_build_records(const EngineState& state);
BuildRecords clear_build_records(EngineState& state);  // -> what was removed

// What nobody can ask for any more: the last builds of images whose names are gone. -> bytes
std::uint64_t remove_stale_records(const EngineState& state);

}  // namespace minibox::engine
