#include "engine/build_executor.h"

#include <fcntl.h>

#include "base/cancellation.h"
#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "build/auto_deps.h"
#include "build/packages.h"
#include "engine/build_step.h"
#include "engine/layer_indexing.h"
#include "engine/overlay_view.h"
#include "store/layer_tar.h"
#include "sys/file.h"

namespace minibox::engine {

oci::Descriptor layer_descriptor(const build::BlockResult& result) {
  return {std::string(oci::kGzipLayerMediaType), result.digest, result.size, {}, {}};
}

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
  const std::vector<oci::Digest> layers = stack(job.base, job.lower);
  state_.snapshots.prepare(directory.path(), layers);
  build::Scope scope = job.scope;
  for (const build::Instruction& instruction : job.block->instructions) {
    throw_if_stopped(stop);
    with_context(job.file + ":" + std::to_string(instruction.line) + ": " + instruction.text,
                 [&] { carry_out({job, directory.path(), layers, scope, log, stop}, instruction); });
    build::apply(scope, instruction);
  }
  return commit(directory.path(), stop);
}

std::vector<oci::Digest> BuildExecutor::stack(const std::string& base,
                                              const std::vector<build::BlockLayer>& blocks) const {
  std::vector<oci::Digest> layers = bases_.at(base).diff_ids;
  for (const build::BlockLayer& block : blocks) layers.push_back(block.result.diff_id);
  return layers;
}

void BuildExecutor::carry_out(const Step& step, const build::Instruction& instruction) {
  if (const auto* run = std::get_if<build::RunInstruction>(&instruction.action)) {
    run_program(step, run->argv);
  } else if (const auto* packages = std::get_if<build::PackageInstruction>(&instruction.action)) {
    install_packages(step, *packages);
  } else if (std::holds_alternative<build::AutoDepsInstruction>(instruction.action)) {
    install_dependencies(step);
  } else if (const auto* copy = std::get_if<build::CopyInstruction>(&instruction.action)) {
    copy_files(step, *copy);
  } else if (const auto* workdir = std::get_if<build::WorkdirInstruction>(&instruction.action)) {
    const OverlayView view(state_.snapshots.resume(step.directory, step.layers));
    view.root().make_dirs_beneath(resolve_path(step.scope.workdir, workdir->path), 0755);
  }
}

void BuildExecutor::run_program(const Step& step, const std::vector<std::string>& argv) {
  StepMounts mounts(state_, *step.job.block, step.directory, step.layers, settings_.cache_paths, settings_.secrets,
                    step.stop);
  build::StepOutput output(step.job.block->name, step.log);
  run_build_step(state_,
                 {.directory = step.directory,
                  .layers = step.layers,
                  .argv = argv,
                  .scope = step.scope,
                  .epoch = settings_.epoch,
                  .network = settings_.network,
                  .mounts = mounts.volumes()},
                 output, step.stop);
  mounts.remove_mount_points();
}

void BuildExecutor::run_shell(const Step& step, const std::string& command) {
  run_program(step, {"/bin/sh", "-c", command});
}

void BuildExecutor::install_packages(const Step& step, const build::PackageInstruction& instruction) {
  std::string command;
  {
    const OverlayView view(state_.snapshots.resume(step.directory, step.layers));
    command = build::install_command(instruction.packages, [&](const std::string& path) {
      return view.root().try_open_beneath(path, O_PATH).has_value();
    });
  }
  run_shell(step, command);
}

void BuildExecutor::install_dependencies(const Step& step) {
  std::vector<build::Installer> installers;
  {
    const OverlayView view(state_.snapshots.resume(step.directory, step.layers));
    installers = build::find_installers([&](const std::string& name) {
      return view.root().try_open_beneath(step.scope.workdir + "/" + name, O_PATH).has_value();
    });
  }
  for (const build::Installer& installer : installers) {
    step.log("[" + step.job.block->name + "]    ---> auto-deps: detected " + installer.detected + " → running " +
             installer.label);
    with_context(installer.label, [&] { run_shell(step, installer.command); });
  }
}

void BuildExecutor::copy_files(const Step& step, const build::CopyInstruction& copy) {
  const OverlayView target(state_.snapshots.resume(step.directory, step.layers));
  if (copy.from_block.empty()) return copy_from_context(step, copy, {target.root(), target.upper()});
  const build::BlockJob::View& view = step.job.copy_from.at(copy.from_block);
  const OverlayView origin = OverlayView::of_layers(state_.snapshots, stack(view.base, view.layers));
  const build::CopyTarget place{step.scope.workdir, copy.destination};
  for (const std::string& source : copy.sources) {
    step.log("[" + step.job.block->name + "] copy " + source + " -> " + copy.destination);
    build::copy_tree(build::open_tree_source(origin.root(), source), {target.root(), target.upper()}, place, step.stop);
  }
}

void BuildExecutor::copy_from_context(const Step& step, const build::CopyInstruction& copy,
                                      const build::CopyRoot& target) {
  const build::CopyTarget place{step.scope.workdir, copy.destination};
  for (const std::string& source : copy.sources) {
    const std::vector<std::string>& paths = context_.paths(source);
    if (paths.size() > 1 && !copy.destination.ends_with('/')) {
      throw Error(ErrorKind::kInvalid, quote(source) + " matches " + std::to_string(paths.size()) +
                                           " files: the destination must end in '/'");
    }
    for (const std::string& path : paths) build::copy_tree(context_.source(path), target, place, step.stop);
  }
  copy_inline_files(step, copy, target);
}

// By way of files, so that a destination means the same for them.
void BuildExecutor::copy_inline_files(const Step& step, const build::CopyInstruction& copy,
                                      const build::CopyRoot& target) {
  if (copy.files.empty()) return;
  const sys::TempDir directory(state_.data_root.tmp(), "inline-");
  const sys::RootDir sources = sys::RootDir::open(directory.path());
  for (const build::InlineFile& file : copy.files) {
    sys::write_file(directory.path() + "/" + file.name, file.content, 0644);
    build::copy_tree(build::open_tree_source(sources, file.name), target, {step.scope.workdir, copy.destination},
                     step.stop);
  }
}

build::BlockResult BuildExecutor::commit(const std::string& directory, std::stop_token stop) {
  const store::Layer layer =
      store::write_layer(state_.images.blobs(), directory + "/upper", std::move(stop), {}, settings_.epoch);
  keep_index(state_, layer);
  state_.snapshots.commit(directory, layer.diff_id);
  return {layer.blob.digest, layer.diff_id, layer.blob.size};
}

}  // namespace minibox::engine
