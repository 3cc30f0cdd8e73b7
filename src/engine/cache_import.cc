#include "engine/cache_import.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "registry/parallel.h"

namespace minibox::engine {
namespace {

constexpr size_t kQuestions = 8;
constexpr size_t kDownloads = 3;

// A cache is only there to save time: nothing that is wrong with it ends the build. Its client that leaves does.
void rethrow_cancelled(const Error& error) {
  if (error.kind() == ErrorKind::kCancelled) throw Error(error);
}

// The blocks whose layers a block works on.
std::set<size_t> stands_on(const build::PlannedBlock& block) {
  std::set<size_t> others(block.lower.begin(), block.lower.end());
  for (const auto& [name, view] : block.copy_from) others.insert(view.begin(), view.end());
  return others;
}

}  // namespace

CacheImport::CacheImport(EngineState& state, registry::Access& access, const CacheImportOptions& options,
                         const LogSink& log, std::stop_token stop)
    : state_(state), options_(options), log_(log), stop_(std::move(stop)), sink_(state) {
  for (const CacheRepository& repository : options.from) {
    sources_.push_back({repository, access.client(repository.reference())});
  }
}

CacheImport::~CacheImport() = default;

void CacheImport::look_up(const build::Plan& plan) {
  if (sources_.empty()) return;
  registry::for_each_parallel(plan.blocks.size(), kQuestions, stop_, [&](size_t i, const std::stop_token& stop) {
    if (!state_.layer_cache.find(plan.blocks[i].key).layer) ask(plan.blocks[i], stop);
  });
  log_offers();
  mark_needed(plan);
  prefetch(plan);
}

// Also when it is nothing: a name that is misspelt looks like an empty cache.
void CacheImport::log_offers() const {
  for (const Source& source : sources_) {
    if (!source.usable) continue;  // its warning has said so
    log_("[cache] " + source.repository.name() +
         (source.asked == 0 ? " is not asked: no block is missing"
                            : " has " + std::to_string(source.offered) + " of " + std::to_string(source.asked) +
                                  " block(s) that are missing here"));
  }
}

void CacheImport::ask(const build::PlannedBlock& block, const std::stop_token& stop) {
  for (Source& source : sources_) {
    std::optional<registry::CacheRecord> record = ask(source, block, stop);
    if (!record) continue;
    const std::lock_guard lock(mutex_);
    ++source.offered;
    entries_.emplace(block.key, Entry{block.block->name, &source, std::move(*record)});
    return;
  }
}

std::optional<registry::CacheRecord> CacheImport::ask(Source& source, const build::PlannedBlock& block,
                                                      const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (!source.usable) return std::nullopt;
    ++source.asked;
  }
  try {
    return registry::find_cache_record(*source.client, source.repository.tag_of(block.key), block.key, stop,
                                       [](const registry::RetryNotice&) {});
  } catch (Error& error) {
    rethrow_cancelled(error);
    if (error.kind() == ErrorKind::kCorrupt || error.kind() == ErrorKind::kUnsupported) {
      warn("the record of block " + quote(block.block->name) + " in " + source.repository.name() +
           " is refused: " + error.text());
      return std::nullopt;
    }
    {
      const std::lock_guard lock(mutex_);
      if (!std::exchange(source.usable, false)) return std::nullopt;  // one warning for all questions under way
    }
    add_login_hint(error, source.repository.reference());
    warn(source.repository.name() + " can't be asked: " + error.text() +
         (error.hint().empty() ? "" : " (" + error.hint() + ")"));
    return std::nullopt;
  }
}

// What nobody needs is not fetched: a tool chain whose product is cached as well.
void CacheImport::mark_needed(const build::Plan& plan) {
  std::set<size_t> needed(plan.image.begin(), plan.image.end());
  for (const build::PlannedBlock& block : plan.blocks) {
    const Entry* entry = entry_of(block.key);
    if (entry == nullptr && !state_.layer_cache.find(block.key).layer) needed.merge(stands_on(block));
  }
  for (size_t i = 0; i < plan.blocks.size(); ++i) {
    Entry* entry = entry_of(plan.blocks[i].key);
    if (entry == nullptr) continue;
    const auto lacks_it = [&](const CacheRepository& to) { return !to.same_as(entry->source->repository); };
    entry->needed = needed.contains(i) || std::any_of(options_.to.begin(), options_.to.end(), lacks_it);
  }
}

void CacheImport::prefetch(const build::Plan& plan) {
  std::vector<Entry*> needed;
  for (const build::PlannedBlock& block : plan.blocks) {
    Entry* entry = entry_of(block.key);
    if (entry != nullptr && entry->needed) needed.push_back(entry);
  }
  if (needed.empty()) return;
  prefetcher_ = std::jthread([this, needed = std::move(needed)](const std::stop_token& ours) {
    std::stop_source either;
    const std::stop_callback ended(ours, [&] { either.request_stop(); });
    const std::stop_callback stopped(stop_, [&] { either.request_stop(); });
    try {
      registry::for_each_parallel(needed.size(), kDownloads, either.get_token(),
                                  [&](size_t i, const std::stop_token& stop) { fetch(*needed[i], stop); });
    } catch (const Error&) {
      // Stopped. Who needs a layer asks for it again, and is told himself.
    } catch (...) {
      spdlog::warn("fetching layers of a build cache ahead: {}", current_exception_text());
    }
  });
}

std::optional<CacheImport::Found> CacheImport::find(const std::string& key) {
  Entry* entry = entry_of(key);
  if (entry == nullptr) return std::nullopt;
  const bool usable = entry->needed || !putting_off_ ? fetch(*entry, stop_) : promise(*entry);
  if (!usable) return std::nullopt;
  const registry::CacheRecord& record = entry->record;
  return Found{{record.layer.digest, record.diff_id, record.layer.size}, entry->source->repository.name()};
}

void CacheImport::require(const std::vector<build::BlockLayer>& layers, const std::stop_token& stop) {
  registry::for_each_parallel(layers.size(), kDownloads, stop, [&](size_t i, const std::stop_token& either) {
    Entry* entry = entry_of(layers[i].key);
    if (entry == nullptr || !is_promised(*entry) || fetch(*entry, either)) return;
    broke_promise_ = true;
    throw Error(ErrorKind::kUnavailable, "the layer of block " + quote(layers[i].block) + " can't be had any more");
  });
}

bool CacheImport::begin_again() {
  if (!broke_promise_.exchange(false)) return false;
  putting_off_ = false;
  for (auto& [key, entry] : entries_) entry.promised = false;
  return true;
}

CacheImport::Knowledge CacheImport::knowledge(const std::string& key, const CacheRepository& repository) const {
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || !entry->second.source->repository.same_as(repository)) return Knowledge::kNone;
  return state_of(entry->second) == Entry::State::kRefused ? Knowledge::kRefused : Knowledge::kGood;
}

// False: it can't be used, of which the log has a warning.
bool CacheImport::fetch(Entry& entry, const std::stop_token& stop) {
  if (state_of(entry) == Entry::State::kHere) return true;
  const registry::DownloadTable::Claim claim = state_.downloads.claim(entry.record.layer.digest, stop);
  const Entry::State before = state_of(entry);
  if (before != Entry::State::kKnown) return before == Entry::State::kHere;
  try {
    fetch_layer(entry, stop);
  } catch (const Error& error) {
    rethrow_cancelled(error);
    warn("the layer of block " + quote(entry.block) + " in " + entry.source->repository.name() +
         " is refused: " + error.text());
    set_state(entry, Entry::State::kRefused);
    return false;
  }
  state_.layer_cache.put(entry.record.key, {entry.record.layer, entry.record.diff_id});
  set_state(entry, Entry::State::kHere);
  return true;
}

void CacheImport::fetch_layer(const Entry& entry, const std::stop_token& stop) {
  const oci::Descriptor& layer = entry.record.layer;
  const std::string what = "[cache] block " + quote(entry.block) + ": layer " + layer.digest.short_hex();
  if (!sink_.has(layer)) {
    log_(what + " comes from " + entry.source->repository.name() + "...");
    entry.source->client->download(
        layer, sink_, stop,
        [&](const registry::RetryNotice& notice) { log_(what + " failed (" + notice.error.text() + "), retrying..."); },
        [&](std::uint64_t bytes) {
          if (clock_.is_due(layer.digest)) log_(what + ": " + ProgressClock::print(bytes, layer));
        });
  }
  // An unpacked layer that was here already says nothing about this blob.
  if (!sink_.unpack(layer, entry.record.diff_id, stop)) {
    store::check_layer(state_.images.blobs().open(layer.digest), entry.record.diff_id, stop);
  }
}

CacheImport::Entry* CacheImport::entry_of(const std::string& key) {
  const auto entry = entries_.find(key);
  return entry == entries_.end() ? nullptr : &entry->second;
}

CacheImport::Entry::State CacheImport::state_of(const Entry& entry) const {
  const std::lock_guard lock(mutex_);
  return entry.state;
}

bool CacheImport::promise(Entry& entry) {
  const std::lock_guard lock(mutex_);
  if (entry.state == Entry::State::kRefused) return false;
  return entry.promised = true;
}

bool CacheImport::is_promised(const Entry& entry) const {
  const std::lock_guard lock(mutex_);
  return entry.promised;
}

void CacheImport::set_state(Entry& entry, Entry::State state) {
  const std::lock_guard lock(mutex_);
  entry.state = state;
}

void CacheImport::warn(const std::string& text) const {
  log_("[cache] warning: " + text);
}

}  // namespace minibox::engine
