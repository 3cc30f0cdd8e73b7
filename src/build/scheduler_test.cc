#include "build/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>

#include "base/error.h"
#include "build/hasher.h"
#include "build/parser.h"

namespace minibox::build {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

// A place where blocks wait for each other; a deadline turns a scheduler that never gets there into a failure.
class Signals {
 public:
  void set(const std::string& name) {
    const std::lock_guard lock(mutex_);
    set_.insert(name);
    changed_.notify_all();
  }
  bool wait(const std::string& name, std::stop_token stop = {}) {
    std::unique_lock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    changed_.wait_until(lock, stop, deadline, [&] { return set_.contains(name); });
    return set_.contains(name);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<std::string> set_;
};

oci::Digest digest_for(const std::string& name) {
  return oci::Digest::from_hex(Hasher().field(name).hex());
}

class FakeExecutor : public BlockExecutor {
 public:
  using Body = std::function<void(const BlockJob&, const LogSink&, std::stop_token)>;
  explicit FakeExecutor(Body body = nullptr) : body_(std::move(body)) {}

  BlockResult run(const BlockJob& job, const LogSink& log, std::stop_token stop) override {
    {
      const std::lock_guard lock(mutex_);
      order.push_back(job.block->name);
      std::string& below = lower[job.block->name];
      for (const BlockLayer& layer : job.lower) below += layer.block + "=" + layer.result.digest.hex() + " ";
      for (const auto& [name, view] : job.copy_from)
        below += "copy:" + name + "=" + view.layers.back().result.digest.hex() + " ";
    }
    if (body_) body_(job, log, stop);
    return {digest_for(job.block->name), digest_for("diff" + job.block->name), 1};
  }

  std::vector<std::string> order;
  std::map<std::string, std::string> lower;

 private:
  std::mutex mutex_;
  Body body_;
};

class MemoryCache : public BlockCache {
 public:
  CacheLookup find(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    if (corrupt) return {std::nullopt, true};
    const auto found = entries.find(key);
    return found == entries.end() ? CacheLookup{} : CacheLookup{found->second, false};
  }
  void put(const std::string& key, const BlockResult& result) override {
    const std::lock_guard lock(mutex_);
    entries[key] = result;
  }

  std::map<std::string, BlockResult> entries;
  bool corrupt = false;

 private:
  std::mutex mutex_;
};

struct Build {
  explicit Build(const std::string& text)
      : document(parse_document(text)),
        graph(document),
        plan(make_plan(document, graph, {{}, {{document.base, {}}}, [](const std::string&) { return ""; }})) {}

  std::vector<BlockResult> run(BlockExecutor& executor, unsigned workers = 2, std::stop_token stop = {}) {
    options.workers = workers;
    log.clear();
    std::vector<BlockResult> results;
    for (const BlockOutcome& outcome :
         run_plan(plan, executor, cache, [this](const std::string& line) { log.push_back(line); }, options, stop)) {
      results.push_back(outcome.result);
    }
    return results;
  }
  long count(const std::string& part) const {
    return std::count_if(log.begin(), log.end(),
                         [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }

  Document document;
  Graph graph;
  Plan plan;
  MemoryCache cache;
  SchedulerOptions options;
  std::vector<std::string> log;
};

const std::string kDiamond = "BASE x\nBLOCK a\nBLOCK b\n WORKDIR /b\nBLOCK top\n NEED a\n NEED b\n COPY FROM=a /x /y\n";

TEST(Scheduler, NoBarrierBetweenWaves) {
  // 'slow' is of the first wave and ends only when 'c', of the third, has run.
  Build build("BASE x\nBLOCK slow\nBLOCK a\nBLOCK b\n NEED a\nBLOCK c\n NEED b\nBLOCK top\n NEED c\n NEED slow\n");
  Signals signals;
  bool met = false;
  FakeExecutor executor([&](const BlockJob& job, const LogSink&, std::stop_token) {
    if (job.block->name == "slow") met = signals.wait("c");
    if (job.block->name == "c") signals.set("c");
  });
  build.run(executor);
  EXPECT_TRUE(met);
}

TEST(Scheduler, LongestChainFirst) {
  Build build("BASE x\nBLOCK s1\nBLOCK s2\nBLOCK a\nBLOCK b\n NEED a\nBLOCK t\n NEED s1\n NEED s2\n NEED b\n");
  FakeExecutor executor;
  build.run(executor, 1);
  EXPECT_THAT(executor.order, ElementsAre("a", "s1", "s2", "b", "t"));
}

TEST(Scheduler, HandsResultsOfLowerBlocksOn) {
  Build build(kDiamond);
  FakeExecutor executor;
  const std::vector<BlockResult> results = build.run(executor);
  EXPECT_EQ(results.at(2).digest, digest_for("top"));
  const std::string a = digest_for("a").hex(), b = digest_for("b").hex();
  EXPECT_EQ(executor.lower["top"], "a=" + a + " b=" + b + " copy:a=" + a + " ");
}

TEST(Scheduler, LogsInTheFixedForm) {
  Build build(kDiamond);
  FakeExecutor executor([](const BlockJob& job, const LogSink& log, std::stop_token) {
    if (job.block->name == "top") log("[top] hello");
  });
  build.run(executor, 1);
  EXPECT_THAT(build.log, ElementsAre("[build] mode=dag blocks=3", "[dag] wave=1 ready=a,b",
                                     "[a] START needs= workdir=/", MatchesRegex("\\[a\\] DONE \\([0-9]+ms\\)"),
                                     "[b] START needs= workdir=/", MatchesRegex("\\[b\\] DONE \\([0-9]+ms\\)"),
                                     MatchesRegex("\\[dag\\] wave=1 done cached=0 built=2 cpu_time=[0-9]+ms"),
                                     "[dag] wave=2 ready=top", "[top] START needs=a,b workdir=/b", "[top] hello",
                                     MatchesRegex("\\[top\\] DONE \\([0-9]+ms\\)"),
                                     MatchesRegex("\\[dag\\] wave=2 done cached=0 built=1 cpu_time=[0-9]+ms"),
                                     "[dag-summary] blocks=3 cached=0 built=3"));
}

TEST(Scheduler, CachedBlocksDoNotRun) {
  Build build(kDiamond);
  FakeExecutor executor;
  build.run(executor);
  build.cache.entries.erase(build.plan.blocks[2].key);
  executor.order.clear();
  build.run(executor);
  EXPECT_THAT(executor.order, ElementsAre("top"));
  EXPECT_EQ(build.log.back(), "[dag-summary] blocks=3 cached=2 built=1");
  EXPECT_EQ(build.count("[a] CACHED ("), 1);
  build.options.no_cache = true;
  executor.order.clear();
  build.run(executor);
  EXPECT_EQ(executor.order.size(), 3u);
}

TEST(Scheduler, CorruptEntryIsBuiltAgain) {
  Build build("BASE x\nBLOCK a\n");
  build.cache.corrupt = true;
  FakeExecutor executor;
  build.run(executor);
  EXPECT_EQ(
      build.count("[a] Detected corrupted cache for " + build.plan.blocks[0].key.substr(0, 12) + ", rebuilding..."), 1);
}

TEST(Scheduler, FailureStopsTheOthersAndTheFirstErrorWins) {
  Build build("BASE x\nBLOCK bad\nBLOCK long\nBLOCK top\n NEED bad\n NEED long\n");
  Signals signals;
  bool stopped = false;
  FakeExecutor executor([&](const BlockJob& job, const LogSink&, std::stop_token stop) {
    if (job.block->name == "bad") {
      signals.wait("long runs");
      throw Error(ErrorKind::kInvalid, "MiniBox:4: RUN exited with status 1");
    }
    signals.set("long runs");
    signals.wait("never", stop);
    stopped = stop.stop_requested();
    throw Error(ErrorKind::kCancelled, "cancelled");
  });
  try {
    build.run(executor);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "block bad: MiniBox:4: RUN exited with status 1");
  }
  EXPECT_TRUE(stopped);
  EXPECT_EQ(executor.order.size(), 2u);
  EXPECT_EQ(build.count("[dag-summary]"), 0);
}

TEST(Scheduler, CancelledFromOutside) {
  Build build(kDiamond);
  Signals signals;
  std::stop_source source;
  FakeExecutor executor([&](const BlockJob&, const LogSink&, std::stop_token stop) {
    source.request_stop();
    signals.wait("never", stop);
    throw Error(ErrorKind::kCancelled, "cancelled");
  });
  try {
    build.run(executor, 2, source.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCancelled);
  }
  EXPECT_THROW(build.run(executor, 2, source.get_token()), Error);  // stopped before it began
}

TEST(Scheduler, SinkThatThrowsEndsTheBuild) {
  Build build(kDiamond);
  Signals signals;
  FakeExecutor executor([&](const BlockJob&, const LogSink& log, std::stop_token stop) {
    log("[a] boom");
    signals.wait("never", stop);
    throw Error(ErrorKind::kCancelled, "cancelled");
  });
  const LogSink sink = [](const std::string& line) {
    if (line.find("boom") != std::string::npos) throw Error(ErrorKind::kUnavailable, "client is gone");
  };
  try {
    run_plan(build.plan, executor, build.cache, sink, {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "client is gone");
  }
}

TEST(Scheduler, SilentBlockIsReported) {
  Build build("BASE x\nBLOCK a\n");
  build.options.silence = std::chrono::milliseconds(1);
  build.options.silence_check = std::chrono::milliseconds(1);
  Signals signals;
  FakeExecutor executor([&](const BlockJob&, const LogSink&, std::stop_token) { signals.wait("seen"); });
  bool seen = false;
  const LogSink sink = [&](const std::string& line) {
    if (line != "[a] ... (still working)") return;
    seen = true;
    signals.set("seen");
  };
  run_plan(build.plan, executor, build.cache, sink, build.options, {});
  EXPECT_TRUE(seen);
}

TEST(Scheduler, ManyBlocksAndMuchOutputKeepOrder) {
  std::string text = "BASE x\nBLOCK b0\n";
  for (int i = 1; i < 200; ++i) text += "BLOCK b" + std::to_string(i) + "\n NEED b" + std::to_string(i / 2) + "\n";
  text += "BLOCK top\n";
  for (int i = 0; i < 200; ++i) text += " NEED b" + std::to_string(i) + "\n";
  Build build(text);
  FakeExecutor executor([](const BlockJob& job, const LogSink& log, std::stop_token) {
    for (int i = 0; i < 50; ++i) log("[" + job.block->name + "] line");
  });
  build.run(executor, 4);
  EXPECT_EQ(build.count("] line"), 201 * 50);
  EXPECT_EQ(executor.order.back(), "top");
  EXPECT_EQ(build.log.back(), "[dag-summary] blocks=201 cached=0 built=201");
}

TEST(Scheduler, ImageWithoutBlocks) {
  Build build("BASE x\nSTART y\n");
  FakeExecutor executor;
  EXPECT_TRUE(build.run(executor).empty());
  EXPECT_THAT(build.log, ElementsAre("[build] mode=dag blocks=0", "[dag-summary] blocks=0 cached=0 built=0"));
}

TEST(StepOutput, PrefixesCutsAndKeepsTheLastLine) {
  std::vector<std::string> lines;
  StepOutput output("app", [&](const std::string& line) { lines.push_back(line); });
  output.write("one\ntw");
  output.write("o\r\n[dep] x\n[no prefix\n[a b] y\n\nlast");
  output.finish();
  EXPECT_THAT(lines, ElementsAre("[app] one", "[app] two", "[dep] x", "[app] [no prefix", "[app] [a b] y", "[app] ",
                                 "[app] last"));
  lines.clear();
  output.write(std::string(200000, 'x'));
  output.finish();
  EXPECT_GT(lines.size(), 10u);
}

}  // namespace
}  // namespace minibox::build
