#include "build/scheduler.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "build/progress_lines.h"

namespace minibox::build {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLastLines = 10;         // of a failed block, told again
constexpr size_t kMaxQueuedLines = 1000;  // a step that writes faster than the client reads waits

std::string tag(const std::string& name) {
  return "[" + name + "] ";
}

struct Wave : WaveProgress {
  size_t left = 0;
  bool announced = false;
};

// The state of one run. Everything below `mutex_` is guarded by it.
class Run {
 public:
  Run(const Plan& plan, BlockExecutor& executor, BlockCache& cache, const LogSink& sink,
      const SchedulerOptions& options)
      : plan_(plan), words_(plan), executor_(executor), cache_(cache), sink_(sink), options_(options) {
    outcomes_.resize(plan.blocks.size());
    waiting_.resize(plan.blocks.size());
    users_.resize(plan.blocks.size());
    left_ = plan.blocks.size();
    for (size_t block = 0; block < plan.blocks.size(); ++block) {
      const PlannedBlock& planned = plan.blocks[block];
      waiting_[block] = planned.waits_for.size();
      for (const size_t other : planned.waits_for) users_[other].push_back(block);
      Wave& wave = waves_[planned.wave];
      wave.names.push_back(planned.block->name);
      ++wave.left;
    }
  }

  std::vector<BlockOutcome> run(const std::stop_token& outer) {
    const std::stop_callback on_stop(outer, [this] { cancel(); });
    enqueue_all(words_.begin());
    for (size_t block = 0; block < waiting_.size(); ++block) {
      if (waiting_[block] == 0) make_ready(block);
    }
    workers_ = std::min<size_t>(std::max(1u, options_.workers), plan_.blocks.size());
    {
      std::vector<std::jthread> threads;
      start_workers(threads);
      print_until_done();
    }
    if (outer.stop_requested()) throw Error(ErrorKind::kCancelled, "build cancelled");
    if (error_) std::rethrow_exception(error_);
    for (const std::string& line : words_.end(cached_, built_)) sink_(line);
    return std::move(outcomes_);
  }

 private:
  // --- any thread

  void log(std::string line) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return lines_.size() < kMaxQueuedLines || stop_.stop_requested(); });
    enqueue(std::move(line));
  }

  void log_step(size_t block, const std::string& line) {
    {
      const std::lock_guard lock(mutex_);
      last_output_[block] = Clock::now();
    }
    log(line);
  }

  void log_output(size_t block, const std::string& line) {
    {
      const std::lock_guard lock(mutex_);
      std::deque<std::string>& last = last_lines_[block];
      last.push_back(line);
      if (last.size() > kLastLines) last.pop_front();
    }
    log_step(block, line);
  }

  void cancel() {
    stop_.request_stop();
    // Taking the mutex once keeps the wake-up from falling between a waiter's look at the token and its sleep.
    {
      const std::lock_guard lock(mutex_);
    }
    changed_.notify_all();
    room_.notify_all();
    printed_.notify_all();
  }

  // --- mutex_ held

  void enqueue(std::string line) {
    lines_.push_back(std::move(line));
    printed_.notify_one();
  }

  void enqueue_all(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) enqueue(line);
  }

  void make_ready(size_t block) {
    Wave& wave = waves_[plan_.blocks[block].wave];
    if (!std::exchange(wave.announced, true)) {
      enqueue_all(words_.wave_ready(plan_.blocks[block].wave, wave));
    }
    // The longest chain first, then the order of the plan.
    ready_.insert({plan_.blocks.size() - plan_.blocks[block].path_length, block});
    changed_.notify_one();
  }

  void finish(size_t block, const BlockOutcome& outcome) {
    const PlannedBlock& planned = plan_.blocks[block];
    const std::int64_t spent_us = outcome.spent_us;
    outcomes_[block] = outcome;
    last_output_.erase(block);
    ++(outcome.cached ? cached_ : built_);
    enqueue_all(words_.block_end(planned, outcome.cached, spent_us));
    Wave& wave = waves_[planned.wave];
    ++(outcome.cached ? wave.cached : wave.built);
    wave.busy_us += spent_us;
    if (--wave.left == 0) enqueue_all(words_.wave_end(planned.wave, wave));
    for (const size_t user : users_[block]) {
      if (--waiting_[user] == 0) make_ready(user);
    }
    if (--left_ == 0) changed_.notify_all();
  }

  // --- worker threads

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return !ready_.empty() || left_ == 0 || stop_.stop_requested(); });
      if (left_ == 0 || stop_.stop_requested()) break;
      const size_t block = ready_.extract(ready_.begin()).value().second;
      lock.unlock();
      try {
        run_block(block);
      } catch (...) {
        fail(block);
      }
      lock.lock();
    }
    --workers_;
    printed_.notify_all();
  }

  void run_block(size_t block) {
    const PlannedBlock& planned = plan_.blocks[block];
    const std::int64_t started = monotonic_us();
    for (const std::string& line : words_.block_start(planned)) log_step(block, line);
    BlockOutcome outcome = with_context("block " + planned.block->name, [&] { return find_or_build(block); });
    outcome.start_us = started - begun_us_;
    outcome.spent_us = monotonic_us() - started;
    const std::lock_guard lock(mutex_);
    finish(block, outcome);
  }

  BlockOutcome find_or_build(size_t block) {
    const PlannedBlock& planned = plan_.blocks[block];
    CacheLookup lookup = options_.no_cache ? CacheLookup{} : cache_.find(planned.key);
    if (options_.explain) log(words_.explanation(planned, lookup, options_.no_cache));
    if (lookup.result) {
      for (const std::string& line : words_.block_looked_up(true)) log_step(block, line);
      return {std::move(*lookup.result), true};
    }
    if (lookup.corrupt) {
      log(tag(planned.block->name) + "Detected corrupted cache for " + planned.key.substr(0, 12) + ", rebuilding...");
    }
    for (const std::string& line : words_.block_looked_up(false)) log_step(block, line);
    const BlockJob job = make_job(planned);
    BlockResult result =
        executor_.run(job, [this, block](const std::string& line) { log_output(block, line); }, stop_.get_token());
    cache_.put(planned.key, result);
    return {std::move(result), false};
  }

  BlockJob make_job(const PlannedBlock& planned) {
    const std::lock_guard lock(mutex_);  // other results are being written meanwhile
    BlockJob job{plan_.file, planned.block, planned.key, planned.base, planned.scope, layers(planned.lower), {}};
    for (const auto& [name, view] : planned.copy_from) {
      job.copy_from[name] = {plan_.blocks[view.back()].base, layers(view)};
    }
    return job;
  }

  std::vector<BlockLayer> layers(const std::vector<size_t>& blocks) const {
    std::vector<BlockLayer> list;
    list.reserve(blocks.size());
    for (const size_t block : blocks) {
      list.push_back({plan_.blocks[block].block->name, plan_.blocks[block].key, outcomes_[block].result});
    }
    return list;
  }

  // Inside a catch block. What fails after the first error fails because it was stopped.
  void fail(size_t block) {
    {
      const std::lock_guard lock(mutex_);
      last_output_.erase(block);
      if (!error_) {
        error_ = std::current_exception();
        repeat_last_lines(block);
      }
    }
    cancel();
  }

  // Other blocks' lines stand between them, and they scroll away while those are stopped.
  void repeat_last_lines(size_t block) {
    const std::deque<std::string>& last = last_lines_[block];
    if (last.empty() || plan_.blocks.size() == 1) return;
    enqueue("[build] block " + plan_.blocks[block].block->name + " failed; its last lines:");
    for (const std::string& line : last) enqueue(line);
  }

  // --- calling thread

  void start_workers(std::vector<std::jthread>& threads) {
    try {
      for (size_t i = workers_; i > 0; --i) threads.emplace_back([this] { work(); });
    } catch (...) {
      cancel();  // or joining those that did start would wait for ever
      throw;
    }
  }

  void print_until_done() {
    std::unique_lock lock(mutex_);
    for (;;) {
      printed_.wait_for(lock, options_.silence_check, [&] { return !lines_.empty() || workers_ == 0; });
      if (lines_.empty() && workers_ == 0) return;
      note_silent_blocks();
      std::deque<std::string> lines = std::exchange(lines_, {});
      room_.notify_all();
      lock.unlock();
      print(lines);
      lock.lock();
    }
  }

  void note_silent_blocks() {
    const Clock::time_point now = Clock::now();
    for (auto& [block, last] : last_output_) {
      if (now - last < options_.silence) continue;
      enqueue(tag(plan_.blocks[block].block->name) + "... (still working)");
      last = now;
    }
  }

  // A sink that throws (the client is gone) stops the build; the lines still to come are dropped.
  void print(const std::deque<std::string>& lines) {
    if (sink_failed_) return;
    try {
      for (const std::string& line : lines) sink_(line);
    } catch (...) {
      sink_failed_ = true;
      {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
      cancel();
    }
  }

  const Plan& plan_;
  const ProgressLines words_;
  BlockExecutor& executor_;
  BlockCache& cache_;
  const LogSink& sink_;
  const SchedulerOptions& options_;
  std::vector<std::vector<size_t>> users_;  // of each block: who waits for it
  bool sink_failed_ = false;                // calling thread only
  std::stop_source stop_;
  const std::int64_t begun_us_ = monotonic_us();

  std::mutex mutex_;
  std::condition_variable changed_;  // ready_, left_ or stop_: for workers
  std::condition_variable room_;     // lines_ became shorter
  std::condition_variable printed_;  // lines_ or workers_: for the calling thread
  std::vector<BlockOutcome> outcomes_;
  std::vector<size_t> waiting_;                           // of each block: how many it still waits for
  std::set<std::pair<size_t, size_t>> ready_;             // (priority, block)
  std::map<size_t, Clock::time_point> last_output_;       // of the blocks at work
  std::map<size_t, std::deque<std::string>> last_lines_;  // of the steps of each block
  std::map<size_t, Wave> waves_;
  std::deque<std::string> lines_;
  std::exception_ptr error_;
  size_t left_ = 0, cached_ = 0, built_ = 0, workers_ = 0;
};

}  // namespace

std::vector<BlockOutcome> run_plan(const Plan& plan, BlockExecutor& executor, BlockCache& cache, const LogSink& log,
                                   const SchedulerOptions& options, const std::stop_token& stop) {
  return Run(plan, executor, cache, log, options).run(stop);
}

}  // namespace minibox::build
