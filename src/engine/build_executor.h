// Carries out blocks: each RUN as a confined container on the block's snapshot, each COPY by descriptor, and what the
// writable directory holds afterwards is the layer. Thread-safe, as build/block_executor.h asks.
#pragma once

#include <cstdint>

#include "build/block_executor.h"
#include "build/planned_context.h"
#include "engine/base_image.h"
#include "engine/engine_state.h"

namespace minibox::engine {

class BuildExecutor : public build::BlockExecutor {
 public:
  // All must outlive it. `epoch`: the time of everything in the layers.
  BuildExecutor(EngineState& state, const Base& base, const build::PlannedContext& context, std::int64_t epoch)
      : state_(state), base_(base), context_(context), epoch_(epoch) {}

  build::BlockResult run(const build::BlockJob& job, const build::LogSink& log, std::stop_token stop) override;

 private:
  struct Step;

  std::vector<oci::Digest> layers_below(const std::vector<build::BlockLayer>& blocks) const;
  void carry_out(const Step& step, const build::Instruction& instruction);
  void copy_files(const Step& step, const build::CopyInstruction& copy);
  void copy_from_context(const Step& step, const build::CopyInstruction& copy, const sys::RootDir& target);
  build::BlockResult commit(const std::string& directory, std::stop_token stop);

  EngineState& state_;
  const Base& base_;
  const build::PlannedContext& context_;
  const std::int64_t epoch_;
};

}  // namespace minibox::engine
