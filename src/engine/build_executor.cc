#include "engine/build_executor.h"

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "build/copier.h"
#include "engine/build_step.h"
#include "engine/overlay_view.h"
#include "store/layer_tar.h"
#include "sys/file.h"

namespace minibox::engine {

struct BuildExecutor::Step {
  const build::BlockJob& job;
  const std::string& directory;
  const std::vector<oci::Digest>& layers;
  const build::Scope& scope;
  const build::LogSink& log;
  const std::stop_token& stop;
};

build::BlockResult BuildExecutor::run(const build::BlockJob& job, const build::LogSink& log, std::stop_token stop) {
  const sys::TempDir directory(state_.data_root.tmp(), "build-");
  const std::vector<oci::Digest> layers = layers_below(job.lower);
  state_.snapshots.prepare(directory.path(), layers);
  build::Scope scope = job.scope;
  for (const build::Instruction& instruction : job.block->instructions) {
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
    with_context(job.file + ":" + std::to_string(instruction.line) + ": " + instruction.text,
                 [&] { carry_out({job, directory.path(), layers, scope, log, stop}, instruction); });
    build::apply(scope, instruction);
  }
  return commit(directory.path(), stop);
}

std::vector<oci::Digest> BuildExecutor::layers_below(const std::vector<build::BlockLayer>& blocks) const {
  std::vector<oci::Digest> layers = base_.diff_ids;
  for (const build::BlockLayer& block : blocks) layers.push_back(block.result.diff_id);
  return layers;
}

void BuildExecutor::carry_out(const Step& step, const build::Instruction& instruction) {
  if (const auto* run = std::get_if<build::RunInstruction>(&instruction.action)) {
    build::StepOutput output(step.job.block->name, step.log);
    run_build_step(state_, {step.directory, step.layers, run->argv, step.scope, epoch_}, output, step.stop);
  } else if (const auto* copy = std::get_if<build::CopyInstruction>(&instruction.action)) {
    copy_files(step, *copy);
  } else if (const auto* workdir = std::get_if<build::WorkdirInstruction>(&instruction.action)) {
    const OverlayView view(state_.snapshots.resume(step.directory, step.layers));
    view.root().make_dirs_beneath(resolve_path(step.scope.workdir, workdir->path), 0755);
  }
}

void BuildExecutor::copy_files(const Step& step, const build::CopyInstruction& copy) {
  const OverlayView target(state_.snapshots.resume(step.directory, step.layers));
  if (copy.from_block.empty()) return copy_from_context(step, copy, target.root());
  const OverlayView origin =
      OverlayView::of_layers(state_.snapshots, layers_below(step.job.copy_from.at(copy.from_block)));
  const build::CopyTarget place{step.scope.workdir, copy.destination};
  for (const std::string& source : copy.sources) {
    step.log("[" + step.job.block->name + "] copy " + source + " -> " + copy.destination);
    build::copy_tree(build::open_tree_source(origin.root(), source), target.root(), place, step.stop);
  }
}

void BuildExecutor::copy_from_context(const Step& step, const build::CopyInstruction& copy,
                                      const sys::RootDir& target) {
  const build::CopyTarget place{step.scope.workdir, copy.destination};
  for (const std::string& source : copy.sources) {
    const std::vector<std::string>& paths = context_.paths(source);
    if (paths.size() > 1 && !copy.destination.ends_with('/')) {
      throw Error(ErrorKind::kInvalid, quote(source) + " matches " + std::to_string(paths.size()) +
                                           " files: the destination must end in '/'");
    }
    for (const std::string& path : paths) build::copy_tree(context_.source(path), target, place, step.stop);
  }
}

build::BlockResult BuildExecutor::commit(const std::string& directory, std::stop_token stop) {
  const store::Layer layer =
      store::write_layer(state_.images.blobs(), directory + "/upper", std::move(stop), {}, epoch_);
  state_.snapshots.commit(directory, layer.diff_id);
  return {layer.blob.digest, layer.diff_id, layer.blob.size};
}

}  // namespace minibox::engine
