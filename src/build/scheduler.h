// Carries out a Plan: a block starts the moment the blocks it waits for are done, longest chain first, on a few worker
// threads. There is no barrier between waves; a wave is only a word in the log.
//
// run() blocks. It calls the log sink from the calling thread only, one line at a time and in order; executor and cache
// are called from worker threads. When a block fails, the others are stopped through their stop_token, run() waits for
// them and throws the first error with the context "block <name>".
#pragma once

#include <chrono>
#include <stop_token>
#include <vector>

#include "build/block_executor.h"
#include "build/log.h"
#include "build/plan.h"

namespace minibox::build {

struct SchedulerOptions {
  unsigned workers = 4;
  bool explain = false;                      // log for each block why it runs or does not
  bool no_cache = false;                     // find nothing, but put the results in
  std::chrono::milliseconds silence{10000};  // of a block, before "... (still working)"
  std::chrono::milliseconds silence_check{5000};
};

struct BlockOutcome {
  BlockResult result;
  bool cached = false;
  std::int64_t start_us = 0;  // since the beginning of run_plan()
  std::int64_t spent_us = 0;
};

// Returns the outcome of each block of the plan, in its order. Throws kCancelled when `stop` is requested.
std::vector<BlockOutcome> run_plan(const Plan& plan, BlockExecutor& executor, BlockCache& cache, const LogSink& log,
                                   const SchedulerOptions& options, const std::stop_token& stop);

}  // namespace minibox::build
