#include "engine/cache_export.h"

#include <atomic>

#include "base/error.h"
#include "base/text.h"
#include "engine/build_executor.h"
#include "engine/push_log.h"
#include "engine/store_blobs.h"
#include "registry/cache_record.h"
#include "registry/parallel.h"
#include "wire/build_report.h"

namespace minibox::engine {
namespace {

constexpr size_t kUploads = 3;

class Exporter {
 public:
  Exporter(const CacheExport& build, const CacheRepository& to, const LogSink& log)
      : build_(build),
        to_(to),
        client_(build.access.client(to.reference())),
        source_(build.state),
        known_at_(known_elsewhere(build.state, to.reference())),
        log_("[cache] ", log) {}

  // -> how many records were not there
  size_t run(const std::stop_token& stop) {
    registry::prepare_cache_push(*client_, stop,
                                 [&](const registry::RetryNotice& notice) { log_.on_retry(nullptr, notice); });
    registry::for_each_parallel(build_.plan.blocks.size(), kUploads, stop,
                                [&](size_t i, const std::stop_token& either) { put(i, either); });
    return sent_;
  }

 private:
  void put(size_t i, const std::stop_token& stop) {
    const build::PlannedBlock& block = build_.plan.blocks[i];
    const build::BlockOutcome& outcome = build_.outcomes[i];
    const CacheImport::Knowledge known = build_.import.knowledge(block.key, to_);
    if (outcome.cached && known == CacheImport::Knowledge::kGood) return;
    const registry::CacheRecord record{block.key, layer_descriptor(outcome.result), outcome.result.diff_id};
    const std::string tag = to_.tag_of(block.key);
    with_context("block " + quote(block.block->name), [&] {
      const auto there = find(tag, block.key, stop);
      const bool may_stay = outcome.cached && known != CacheImport::Knowledge::kRefused;
      if (there && (may_stay || *there == record)) return;
      registry::push_cache_record(*client_, {record, tag, i + 1, build_.plan.blocks.size(), known_at_}, source_, log_,
                                  stop);
      ++sent_;
    });
  }

  // What is no record is replaced by one.
  std::optional<registry::CacheRecord> find(const std::string& tag, const std::string& key,
                                            const std::stop_token& stop) {
    try {
      return registry::find_cache_record(*client_, tag, key, stop,
                                         [&](const registry::RetryNotice& notice) { log_.on_retry(nullptr, notice); });
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCorrupt && error.kind() != ErrorKind::kUnsupported) throw;
      return std::nullopt;
    }
  }

  const CacheExport& build_;
  const CacheRepository& to_;
  const std::unique_ptr<registry::Client> client_;
  StoreSource source_;
  const registry::KnownAt known_at_;
  PushLog log_;
  std::atomic<size_t> sent_ = 0;
};

}  // namespace

void export_cache(const CacheExport& build, const CacheRepository& to, const LogSink& log,
                  const std::stop_token& stop) {
  try {
    const size_t sent = Exporter(build, to, log).run(stop);
    log("[cache] " + to.name() + " has all blocks, " + std::to_string(sent) + " of them new");
  } catch (Error& error) {
    add_login_hint(error, to.reference());
    error.add_context(std::string(wire::kCacheNotStored) + ": export to " + quote(to.name()));
    throw;
  }
}

}  // namespace minibox::engine
