// minibox build: parse, plan, run what is not cached, name the result. docs/life-of-a-build.md walks through it.
#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "build/config_merge.h"
#include "build/context.h"
#include "build/parser.h"
#include "build/planned_context.h"
#include "build/scheduler.h"
#include "engine/base_image.h"
#include "engine/build_executor.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "oci/reference.h"
#include "store/layer_tar.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

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

store::ImagePointer finalize(EngineState& state, const std::string& image, const Base& base, oci::ImageConfig config,
                             const build::Plan& plan, const std::vector<build::BlockResult>& results,
                             const std::string& created, const LogSink& log) {
  const std::int64_t start = monotonic_us();
  std::vector<oci::Descriptor> layers = base.layers;
  for (const size_t block : plan.image) layers.push_back(layer_descriptor(results[block]));
  log("[finalize] writing " + std::to_string(layers.size()) + " layer(s)");
  build::add_layers(config, plan, results, created);
  store::ImagePointer result = state.images.put_image(image, config.print(), std::move(layers));
  log("[finalize] done (" + format_duration((monotonic_us() - start) / 1000) + ")");
  return result;
}

std::string created_text(const wire::BuildRequest& request) {
  return request.source_date_epoch == 0 ? "" : format_rfc3339(request.source_date_epoch * 1'000'000'000);
}

// What is copied is compared with the plan. When it is something else the plan may have come of a wrong stat cache, and
// the next one must not.
template <typename Action>
auto distrusting(build::StatCache& cache, Action action) {
  try {
    return action();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kConflict) cache.forget();
    throw;
  }
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
  bool begun = false;
  const LogSink started_log = [&](const std::string& line) {
    if (!std::exchange(begun, true)) log("[build] START image=" + request.image);
    log(line);
  };
  const store::ImageStore::Lease lease(state.images);
  const std::string base_line = document.file + ":" + std::to_string(document.base_line);
  build::StatCache stat_cache = context.load_stat_cache(state.data_root.contexts());
  const BaseSources sources{context, stat_cache, request.auths, started_log, stop};
  Base base = with_context(base_line, [&] { return resolve_base(state, document.base, sources); });
  build::PlannedContext planned(context, stat_cache, store::LayerLimits{}.max_bytes);
  const build::Plan plan =
      build::make_plan(document, graph,
                       {.environment = {"linux/amd64", base.digest, "bridge", request.source_date_epoch},
                        .base = build::base_scope(base.config),
                        .digest = [&](const std::string& source) { return planned.digest(source, stop); }});
  stat_cache.save();
  make_base_ready(state, base, started_log, stop);
  BuildExecutor executor(state, base, planned, request.source_date_epoch);
  Cache cache(state.layer_cache);
  build::SchedulerOptions options;
  options.no_cache = request.no_cache;
  const std::vector<build::BlockResult> results =
      distrusting(stat_cache, [&] { return build::run_plan(plan, executor, cache, started_log, options, stop); });
  oci::ImageConfig config = build::merge_config(document, graph, base.config);
  const store::ImagePointer image =
      finalize(state, request.image, base, std::move(config), plan, results, created_text(request), log);
  log("[build] DONE image=" + request.image + " manifest=" + image->manifest_digest.short_hex() + " (" +
      format_duration((monotonic_us() - start) / 1000) + ")");
}

}  // namespace minibox::engine
