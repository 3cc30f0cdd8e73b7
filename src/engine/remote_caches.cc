#include "engine/remote_caches.h"

#include "base/error.h"
#include "engine/build_executor.h"
#include "engine/cache_export.h"

namespace minibox::engine {
namespace {

class BlockCache : public build::BlockCache {
 public:
  BlockCache(const store::LayerCache& layers, CacheImport* import) : layers_(layers), import_(import) {}

  // The registries' first: they were asked for what was not here.
  build::CacheLookup find(const std::string& key) override {
    if (import_ != nullptr) {
      if (const auto found = import_->find(key)) return {found->result, false, found->repository};
    }
    const store::LayerCache::Lookup found = layers_.find(key);
    if (!found.layer) return {std::nullopt, found.damaged, {}};
    return {build::BlockResult{found.layer->blob.digest, found.layer->diff_id, found.layer->blob.size}, false, {}};
  }
  void put(const std::string& key, const build::BlockResult& result) override {
    layers_.put(key, {layer_descriptor(result), result.diff_id});
  }

 private:
  const store::LayerCache& layers_;
  CacheImport* import_;
};

// Carries out blocks with what they stand on here.
class RequiringExecutor : public build::BlockExecutor {
 public:
  RequiringExecutor(build::BlockExecutor& executor, CacheImport& import) : executor_(executor), import_(import) {}

  build::BlockResult run(const build::BlockJob& job, const build::LogSink& log, std::stop_token stop) override {
    std::vector<build::BlockLayer> layers = job.lower;
    for (const auto& [name, view] : job.copy_from) layers.insert(layers.end(), view.layers.begin(), view.layers.end());
    import_.require(layers, stop);
    return executor_.run(job, log, std::move(stop));
  }

 private:
  build::BlockExecutor& executor_;
  CacheImport& import_;
};

}  // namespace

RemoteCaches::RemoteCaches(EngineState& state, const wire::BuildRequest& request, const LogSink& log,
                           const std::stop_token& stop)
    : state_(state),
      log_(log),
      stop_(stop),
      options_{CacheRepository::parse_all(request.cache_from), CacheRepository::parse_all(request.cache_to)} {
  if (options_.from.empty() && options_.to.empty()) return;
  access_ = std::make_unique<RegistryAccess>(state.config, request.auths);
  import_ = std::make_unique<CacheImport>(state, *access_, options_, log, stop);
}

std::vector<build::BlockOutcome> RemoteCaches::run(const build::Plan& plan, build::BlockExecutor& executor,
                                                   const build::SchedulerOptions& options) {
  BlockCache cache(state_.layer_cache, import_.get());
  if (!import_) return build::run_plan(plan, executor, cache, log_, options, stop_);
  RequiringExecutor requiring(executor, *import_);
  if (!options.no_cache) import_->look_up(plan);
  for (;;) {
    try {
      return build::run_plan(plan, requiring, cache, log_, options, stop_);
    } catch (const Error&) {
      if (!import_->begin_again()) throw;
      log_("[cache] building again without what can't be had; what is built is kept");
    }
  }
}

void RemoteCaches::store(const build::Plan& plan, const std::vector<build::BlockOutcome>& outcomes) {
  for (const CacheRepository& to : options_.to) {
    export_cache({state_, *access_, plan, outcomes, *import_}, to, log_, stop_);
  }
}

}  // namespace minibox::engine
