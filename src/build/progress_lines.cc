#include "build/progress_lines.h"

#include "base/clock.h"
#include "base/text.h"

namespace minibox::build {
namespace {

std::string step(int number, const std::string& text) {
  return "Step " + std::to_string(number) + ": " + text;
}

std::string duration(std::int64_t us) {
  return format_duration(us / 1000);
}

}  // namespace

ProgressLines::Lines ProgressLines::begin() const {
  if (linear_) return {"[build] mode=legacy-linear", step(1, "FROM " + plan_.document->base)};
  return {"[build] mode=dag blocks=" + std::to_string(plan_.blocks.size())};
}

ProgressLines::Lines ProgressLines::wave_ready(size_t wave, const WaveProgress& progress) const {
  if (linear_) return {};
  return {"[dag] wave=" + std::to_string(wave) + " ready=" + join(progress.names, ",")};
}

ProgressLines::Lines ProgressLines::block_start(const PlannedBlock& block) const {
  Lines lines;
  if (linear_) {
    for (const Instruction& one : block.block->instructions) {
      if (one.step > 0) lines.push_back(step(one.step, one.text));
    }
    return lines;
  }
  std::vector<std::string> needs;
  needs.reserve(block.block->needs.size());
  for (const BlockReference& need : block.block->needs) needs.push_back(need.block);
  return {"[" + block.block->name + "] START needs=" + join(needs, ",") + " workdir=" + block.scope.workdir};
}

std::string ProgressLines::explanation(const PlannedBlock& block, const CacheLookup& lookup, bool no_cache) const {
  const std::string change = block.change.value_or("");
  const std::string begin = "[explain] block " + quote(block.block->name);
  if (lookup.result && !lookup.from.empty()) return begin + " is cached: from the remote cache " + lookup.from;
  if (lookup.result) {
    return begin + " is cached: " +
           (!block.change    ? "a block like it was built before"
            : change.empty() ? "nothing it depends on has changed"
                             : "it was built like this before the last build (" + change + ")");
  }
  if (no_cache) return begin + " runs: --no-cache";
  if (lookup.corrupt) return begin + " runs: its layer in the cache is damaged or gone";
  if (!block.change) return begin + " runs: it is not in the last build of this image";
  return begin + " runs: " + (change.empty() ? "its layer is not in the cache" : change);
}

ProgressLines::Lines ProgressLines::block_looked_up(bool cached) const {
  if (!linear_) return {};
  return {cached ? " ---> Using cache" : " ---> Building..."};
}

ProgressLines::Lines ProgressLines::block_end(const PlannedBlock& block, bool cached, std::int64_t spent_us) const {
  if (linear_) return {};
  return {"[" + block.block->name + "] " + (cached ? "CACHED (" : "DONE (") + duration(spent_us) + ")"};
}

ProgressLines::Lines ProgressLines::wave_end(size_t wave, const WaveProgress& progress) const {
  if (linear_) return {};
  return {"[dag] wave=" + std::to_string(wave) + " done cached=" + std::to_string(progress.cached) +
          " built=" + std::to_string(progress.built) + " cpu_time=" + duration(progress.busy_us)};
}

ProgressLines::Lines ProgressLines::end(size_t cached, size_t built) const {
  const std::optional<Start>& start = plan_.document->start;
  if (linear_) return start ? Lines{step(start->step, "CMD " + join(start->argv, " "))} : Lines{};
  return {"[dag-summary] blocks=" + std::to_string(plan_.blocks.size()) + " cached=" + std::to_string(cached) +
          " built=" + std::to_string(built)};
}

}  // namespace minibox::build
