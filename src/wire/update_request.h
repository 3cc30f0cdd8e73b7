// POST /containers/update: new limits. The fields mean what they do in a run request; an absent one leaves the limit as
// it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wire/run_request.h"

namespace minibox::wire {

struct UpdateRequest {
  std::optional<std::int64_t> memory;       // MB
  std::optional<std::int64_t> memory_swap;  // MB of memory and swap together
  std::optional<std::int64_t> cpu;          // microseconds per 100 ms; takes the place of cpus
  std::optional<double> cpus;               // takes the place of cpu
  std::optional<std::int64_t> pids_limit;

  static UpdateRequest parse(const std::string& json);  // Error kInvalid naming field and value
  std::string print() const;
  bool empty() const { return !memory && !memory_swap && !cpu && !cpus && !pids_limit; }
  RunRequest applied_to(RunRequest request) const;
};

}  // namespace minibox::wire
