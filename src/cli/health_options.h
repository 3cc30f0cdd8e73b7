// run's options about the health check: their table, and their words turned into the request's field.
#pragma once

#include <string>

#include "cli/options.h"
#include "wire/run_request.h"

namespace minibox::cli {

struct HealthWords {
  std::string command;
  std::string interval;
  std::string timeout;
  std::string start_period;
  std::string start_interval;
  std::int64_t retries = 0;
  bool none = false;
};

void declare_health(Options& options, HealthWords& words);
void fill_health(wire::RunRequest& request, const HealthWords& words);  // Error kInvalid, as a usage error

}  // namespace minibox::cli
