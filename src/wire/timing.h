// Named, timed steps of a start (minibox run --timing): one source for error context, --timing, bench and docs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace minibox::wire {

struct TimedStep {
  std::string where;  // "daemon", "shim", "container"
  std::string name;   // "make the cgroup"
  std::int64_t us = 0;
};

std::string print_steps(const std::vector<TimedStep>& steps);  // JSON array of {"where","name","us"}
std::vector<TimedStep> parse_steps(const std::string& json);

}  // namespace minibox::wire
