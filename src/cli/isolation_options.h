// run's options about isolation and limits: their table, and their words turned into fields of the request.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"
#include "wire/run_request.h"

namespace minibox::cli {

struct IsolationWords {
  std::vector<std::string> security;
  std::vector<std::string> tmpfs;
  std::vector<std::string> ulimits;
  std::vector<std::string> sysctls;
  std::string memory_swap;
  std::string shm_size;
  std::string oom_score_adj;
};

void declare_isolation(Options& options, wire::RunRequest& request, IsolationWords& words);

// Reads the file of --security-opt seccomp=FILE. Error kInvalid, as a usage error with the option's name before it.
void fill_isolation(wire::RunRequest& request, const IsolationWords& words);

// "PATH[:OPTIONS]" -> {path, options}
std::pair<std::string, std::string> parse_tmpfs(const std::string& text);

// "NAME=VALUE" -> {name, value}
std::pair<std::string, std::string> parse_setting(const std::string& text);

// "seccomp=FILE|unconfined", "no-new-privileges[=true]"
void parse_security_option(const std::string& text, wire::RunRequest& request);

}  // namespace minibox::cli
