// Carries out blocks: each RUN as a confined container on the block's snapshot, each COPY by descriptor, and what the
// writable directory holds afterwards is the layer. Thread-safe, as build/block_executor.h asks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "build/block_executor.h"
#include "build/copier.h"
#include "build/planned_context.h"
#include "engine/base_image.h"
#include "engine/engine_state.h"
#include "engine/step_mounts.h"

namespace minibox::engine {

oci::Descriptor layer_descriptor(const build::BlockResult& result);

// How a build is done, beside what its file says.
struct BuildSettings {
  std::int64_t epoch = 0;  // the time of everything in the layers
  network::NetworkKind network = network::NetworkKind::kBridge;
  Secrets secrets;                       // has what each block asks for
  std::vector<std::string> cache_paths;  // for every block, beside its own
};

class BuildExecutor : public build::BlockExecutor {
 public:
  // All must outlive it. `bases` has the bases of all blocks by reference, ready.
  BuildExecutor(EngineState& state, const std::map<std::string, Base>& bases, const build::PlannedContext& context,
                const BuildSettings& settings)
      : state_(state), bases_(bases), context_(context), settings_(settings) {}

  build::BlockResult run(const build::BlockJob& job, const build::LogSink& log, std::stop_token stop) override;

 private:
  struct Step;

  std::vector<oci::Digest> stack(const std::string& base, const std::vector<build::BlockLayer>& blocks) const;
  void carry_out(const Step& step, const build::Instruction& instruction);
  void run_program(const Step& step, const std::vector<std::string>& argv);
  void run_shell(const Step& step, const std::string& command);
  void install_packages(const Step& step, const build::PackageInstruction& instruction);
  void install_dependencies(const Step& step);
  void copy_files(const Step& step, const build::CopyInstruction& copy);
  void copy_from_context(const Step& step, const build::CopyInstruction& copy, const build::CopyRoot& target);
  void copy_inline_files(const Step& step, const build::CopyInstruction& copy, const build::CopyRoot& target);
  build::BlockResult commit(const std::string& directory, std::stop_token stop);

  EngineState& state_;
  const std::map<std::string, Base>& bases_;
  const build::PlannedContext& context_;
  const BuildSettings& settings_;
};

}  // namespace minibox::engine
