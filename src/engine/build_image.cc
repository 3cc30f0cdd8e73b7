// minibox build: parse, plan, run what is not cached, name the result. docs/life-of-a-build.md walks through it.
#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "build/config_merge.h"
#include "build/context.h"
#include "build/copier.h"
#include "build/parser.h"
#include "build/planned_context.h"
#include "build/scheduler.h"
#include "engine/build_step.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/overlay_view.h"
#include "oci/reference.h"
#include "store/layer_tar.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// The base of a build: scratch, or an image that is here.
struct Base {
  oci::ImageConfig config;
  std::vector<oci::Digest> diff_ids;
  std::vector<oci::Descriptor> layers;
  std::string digest = "scratch";
};

Base resolve_base(EngineState& state, const build::Document& document, const std::vector<wire::RegistryAuth>& auths,
                  const LogSink& log, std::stop_token stop) {
  if (document.base == "scratch") return {};
  return with_context(document.file + ":" + std::to_string(document.base_line), [&] {
    const store::ImagePointer image = require_or_pull(state, document.base, auths, log, std::move(stop));
    return Base{image->config, image->diff_ids, image->manifest.layers, image->manifest_digest.text()};
  });
}

class Executor : public build::BlockExecutor {
 public:
  Executor(EngineState& state, const Base& base, const build::PlannedContext& context)
      : state_(state), base_(base), context_(context) {}

  build::BlockResult run(const build::BlockJob& job, const build::LogSink& log, std::stop_token stop) override {
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

 private:
  struct Step {
    const build::BlockJob& job;
    const std::string& directory;
    const std::vector<oci::Digest>& layers;
    const build::Scope& scope;
    const build::LogSink& log;
    const std::stop_token& stop;
  };

  std::vector<oci::Digest> layers_below(const std::vector<build::BlockLayer>& blocks) const {
    std::vector<oci::Digest> layers = base_.diff_ids;
    for (const build::BlockLayer& block : blocks) layers.push_back(block.result.diff_id);
    return layers;
  }

  void carry_out(const Step& step, const build::Instruction& instruction) {
    if (const auto* run = std::get_if<build::RunInstruction>(&instruction.action)) {
      build::StepOutput output(step.job.block->name, step.log);
      run_build_step(state_, {step.directory, step.layers, run->argv, step.scope}, output, step.stop);
    } else if (const auto* copy = std::get_if<build::CopyInstruction>(&instruction.action)) {
      copy_files(step, *copy);
    } else if (const auto* workdir = std::get_if<build::WorkdirInstruction>(&instruction.action)) {
      const OverlayView view(state_.snapshots.resume(step.directory, step.layers));
      view.root().make_dirs_beneath(resolve_path(step.scope.workdir, workdir->path), 0755);
    }
  }

  void copy_files(const Step& step, const build::CopyInstruction& copy) {
    const OverlayView target(state_.snapshots.resume(step.directory, step.layers));
    const build::CopyTarget place{step.scope.workdir, copy.destination};
    if (copy.from_block.empty()) return copy_from_context(step, copy, target, place);
    const OverlayView origin =
        OverlayView::of_layers(state_.snapshots, layers_below(step.job.copy_from.at(copy.from_block)));
    for (const std::string& source : copy.sources) {
      step.log("[" + step.job.block->name + "] copy " + source + " -> " + copy.destination);
      build::copy_tree(build::open_tree_source(origin.root(), source), target.root(), place, step.stop);
    }
  }

  void copy_from_context(const Step& step, const build::CopyInstruction& copy, const OverlayView& target,
                         const build::CopyTarget& place) {
    for (const std::string& source : copy.sources) {
      const std::vector<std::string>& paths = context_.paths(source);
      if (paths.size() > 1 && !copy.destination.ends_with('/')) {
        throw Error(ErrorKind::kInvalid, quote(source) + " matches " + std::to_string(paths.size()) +
                                             " files: the destination must end in '/'");
      }
      for (const std::string& path : paths) {
        build::copy_tree(context_.source(path), target.root(), place, step.stop);
      }
    }
  }

  build::BlockResult commit(const std::string& directory, std::stop_token stop) {
    const store::Layer layer = store::write_layer(state_.images.blobs(), directory + "/upper", std::move(stop));
    state_.snapshots.commit(directory, layer.diff_id);
    return {layer.blob.digest, layer.diff_id, layer.blob.size};
  }

  EngineState& state_;
  const Base& base_;
  const build::PlannedContext& context_;
};

oci::Descriptor layer_descriptor(const build::BlockResult& result) {
  return {std::string(oci::kGzipLayerMediaType), result.digest, result.size, {}, {}};
}

class Cache : public build::BlockCache {
 public:
  explicit Cache(const store::LayerCache& layers) : layers_(layers) {}
  build::CacheLookup find(const std::string& key) override {
    const store::LayerCache::Lookup found = layers_.find(key);
    if (!found.layer) return {std::nullopt, found.damaged};
    return {build::BlockResult{found.layer->blob.digest, found.layer->diff_id, found.layer->blob.size}, false};
  }
  void put(const std::string& key, const build::BlockResult& result) override {
    layers_.put(key, {layer_descriptor(result), result.diff_id});
  }

 private:
  const store::LayerCache& layers_;
};

// The image that has the name already, when it is this one but for the time it was made: a build that changes nothing
// gives the same manifest again.
store::ImagePointer find_unchanged(EngineState& state, const std::string& image, oci::ImageConfig config,
                                   const build::Plan& plan, const std::vector<build::BlockResult>& results,
                                   const std::vector<oci::Descriptor>& layers) {
  const store::ImagePointer existing = state.images.try_resolve(image);  // a damaged one is replaced
  if (!existing) return nullptr;
  build::add_layers(config, plan, results, existing->config.created);
  const bool same_layers =
      std::equal(layers.begin(), layers.end(), existing->manifest.layers.begin(), existing->manifest.layers.end(),
                 [](const oci::Descriptor& a, const oci::Descriptor& b) { return a.digest == b.digest; });
  return same_layers && config == existing->config ? existing : nullptr;
}

store::ImagePointer finalize(EngineState& state, const std::string& image, const Base& base, oci::ImageConfig config,
                             const build::Plan& plan, const std::vector<build::BlockResult>& results,
                             const LogSink& log) {
  const std::int64_t start = monotonic_us();
  std::vector<oci::Descriptor> layers = base.layers;
  for (const size_t block : plan.image) layers.push_back(layer_descriptor(results[block]));
  log("[finalize] writing " + std::to_string(layers.size()) + " layer(s)");
  store::ImagePointer result = find_unchanged(state, image, config, plan, results, layers);
  if (!result) {
    build::add_layers(config, plan, results, now_rfc3339());
    result = state.images.put_image(image, config.print(), std::move(layers));
  }
  log("[finalize] done (" + format_duration((monotonic_us() - start) / 1000) + ")");
  return result;
}

}  // namespace

void Engine::build(const wire::BuildRequest& request, const LogSink& log, std::stop_token stop) {
  EngineState& state = *state_;
  const std::int64_t start = monotonic_us();
  if (trim(request.minibox).empty()) throw Error(ErrorKind::kInvalid, "MiniBox content is required");
  const build::Document document =
      build::parse_document(request.minibox, request.file.empty() ? "MiniBox" : request.file);
  const build::Graph graph(document);
  oci::Reference::parse(request.image);
  const build::Context context = build::Context::open(request.context, state.config.build_prefixes);

  // Everything that can be refused is refused before the first line: until then the answer has a status of its own.
  const store::ImageStore::Lease lease(state.images);
  bool pulled = false;
  const auto pull_log = [&](const std::string& line) {
    if (!std::exchange(pulled, true)) log("[build] START image=" + request.image);
    log(line);
  };
  const Base base = resolve_base(state, document, request.auths, pull_log, stop);
  build::PlannedContext planned(context, store::LayerLimits{}.max_bytes);
  const build::Plan plan =
      build::make_plan(document, graph,
                       {.environment = {"linux/amd64", base.digest, "bridge"},
                        .base = build::base_scope(base.config),
                        .digest = [&](const std::string& source) { return planned.digest(source, stop); }});
  if (!pulled) {
    log("[build] START image=" + request.image);
    if (document.base != "scratch") log("[base] " + document.base + ": using local image");
  }
  Executor executor(state, base, planned);
  Cache cache(state.layer_cache);
  build::SchedulerOptions options;
  options.no_cache = request.no_cache;
  const std::vector<build::BlockResult> results = build::run_plan(plan, executor, cache, log, options, stop);
  oci::ImageConfig config = build::merge_config(document, graph, base.config);
  const store::ImagePointer image = finalize(state, request.image, base, std::move(config), plan, results, log);
  log("[build] DONE image=" + request.image + " manifest=" + image->manifest_digest.short_hex() + " (" +
      format_duration((monotonic_us() - start) / 1000) + ")");
}

}  // namespace minibox::engine
