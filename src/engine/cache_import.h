// The layers that a build takes from build caches in registries (--cache-from). One object a build:
//
//   look_up(plan)          asks all repositories at once for the blocks that are not in the local cache, and begins to
//                          fetch the layers that are needed whatever happens: those of the image, and what blocks that
//                          will run stand on
//   find(key)              while the plan is carried out; waits until a needed layer is here
//   require(layers)        before a block runs: layers that find() promised without fetching them are fetched now
//
// A layer is used only when blob and content are what the record says. Whatever is wrong with a record or a registry is
// a warning in the log, and the block is built. All but look_up() may be called from several threads. The caller holds
// a Lease of the image store while it lives.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "build/block_executor.h"
#include "build/plan.h"
#include "engine/cache_repository.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/progress_clock.h"
#include "engine/registry_access.h"
#include "engine/store_blobs.h"
#include "registry/cache_record.h"

namespace minibox::engine {

struct CacheImportOptions {
  std::vector<CacheRepository> from;
  std::vector<CacheRepository> to;  // what is not there yet goes there after the build, and is therefore fetched
};

class CacheImport {
 public:
  // `state`, `access` and `log` must outlive it.
  CacheImport(EngineState& state, registry::Access& access, const CacheImportOptions& options, const LogSink& log,
              std::stop_token stop);
  ~CacheImport();
  CacheImport(const CacheImport&) = delete;
  CacheImport& operator=(const CacheImport&) = delete;

  void look_up(const build::Plan& plan);

  struct Found {
    build::BlockResult result;
    std::string repository;
  };
  std::optional<Found> find(const std::string& key);                                        // kCancelled
  void require(const std::vector<build::BlockLayer>& layers, const std::stop_token& stop);  // kUnavailable

  // After require() has failed the plan must be carried out once more, as some block was taken for cached that is not.
  // True when that is so; then nothing is put off any more.
  bool begin_again();

  // What is known of the block's record in this repository, for whoever may write another one.
  enum class Knowledge { kNone, kGood, kRefused };
  Knowledge knowledge(const std::string& key, const CacheRepository& repository) const;

 private:
  struct Source {
    CacheRepository repository;
    std::unique_ptr<registry::Client> client;
    bool usable = true;  // what fails once is not asked again in this build
    size_t asked = 0;    // for so many blocks
    size_t offered = 0;  // so many of them it has
  };
  struct Entry {
    std::string block;
    Source* source;
    registry::CacheRecord record;
    bool needed = false;
    bool promised = false;  // find() has answered with it before it was here
    enum class State { kKnown, kHere, kRefused } state = State::kKnown;
  };

  void ask(const build::PlannedBlock& block, const std::stop_token& stop);
  std::optional<registry::CacheRecord> ask(Source& source, const build::PlannedBlock& block,
                                           const std::stop_token& stop);
  void log_offers() const;
  void mark_needed(const build::Plan& plan);
  void prefetch(const build::Plan& plan);
  bool fetch(Entry& entry, const std::stop_token& stop);
  void fetch_layer(const Entry& entry, const std::stop_token& stop);
  Entry* entry_of(const std::string& key);
  Entry::State state_of(const Entry& entry) const;
  bool promise(Entry& entry);
  bool is_promised(const Entry& entry) const;
  void set_state(Entry& entry, Entry::State state);
  void warn(const std::string& text) const;

  EngineState& state_;
  const CacheImportOptions& options_;
  const LogSink& log_;
  const std::stop_token stop_;
  StoreSink sink_;
  ProgressClock clock_;
  mutable std::mutex
      mutex_;  // of the sources' results, the entries' states and promises, and of entries_ until look_up() is over
  std::vector<Source> sources_;
  std::map<std::string, Entry> entries_;  // by key
  bool putting_off_ = true;               // changed between two runs of the plan only
  std::atomic<bool> broke_promise_ = false;
  std::jthread prefetcher_;  // the last member: it uses the others
};

}  // namespace minibox::engine
