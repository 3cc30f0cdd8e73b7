// The build caches in registries of one build (--cache-from, --cache-to), around the local one:
//
//   RemoteCaches caches(...)      before the build's first line: names and settings may be refused
//   caches.run(plan, ...)         carries the plan out, with what the caches have
//   caches.store(plan, outcomes)  when the image has its name
//
// A build without such caches costs nothing here. One thread; the caller holds a Lease of the image store.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "build/scheduler.h"
#include "engine/cache_import.h"
#include "engine/engine_state.h"
#include "wire/build_request.h"

namespace minibox::engine {

class RemoteCaches {
 public:
  // All must outlive it. kInvalid.
  RemoteCaches(EngineState& state, const wire::BuildRequest& request, const LogSink& log, const std::stop_token& stop);

  std::vector<build::BlockOutcome> run(const build::Plan& plan, build::BlockExecutor& executor,
                                       const build::SchedulerOptions& options);
  void store(const build::Plan& plan, const std::vector<build::BlockOutcome>& outcomes);

 private:
  EngineState& state_;
  const LogSink& log_;
  const std::stop_token& stop_;
  const CacheImportOptions options_;
  std::unique_ptr<RegistryAccess> access_;  // null without any cache, as the next
  std::unique_ptr<CacheImport> import_;
};

}  // namespace minibox::engine
