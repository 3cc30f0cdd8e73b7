// The words of a build's log: those of blocks, or the steps of the linear format. Scripts read them: their form is
// fixed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "build/block_executor.h"
#include "build/plan.h"

namespace minibox::build {

struct WaveProgress {
  std::vector<std::string> names;
  size_t cached = 0, built = 0;
  std::int64_t busy_us = 0;
};

class ProgressLines {
 public:
  using Lines = std::vector<std::string>;

  explicit ProgressLines(const Plan& plan) : plan_(plan), linear_(plan.document->linear) {}  // which must outlive it

  Lines begin() const;
  Lines wave_ready(size_t wave, const WaveProgress& progress) const;
  Lines block_start(const PlannedBlock& block) const;
  std::string explanation(const PlannedBlock& block, const CacheLookup& lookup, bool no_cache) const;
  Lines block_looked_up(bool cached) const;
  Lines block_end(const PlannedBlock& block, bool cached, std::int64_t spent_us) const;
  Lines wave_end(size_t wave, const WaveProgress& progress) const;
  Lines end(size_t cached, size_t built) const;

 private:
  const Plan& plan_;
  const bool linear_;
};

}  // namespace minibox::build
