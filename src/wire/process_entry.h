// A process of a container, GET /containers/top.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace minibox::wire {

struct ProcessEntry {
  std::int64_t pid = 0;       // as the container sees it; 1 is MiniBox's init
  std::int64_t host_pid = 0;  // as the host sees it
  std::int64_t uid = 0;       // as the container sees it
  std::int64_t threads = 0;
  std::string state;  // a letter, as in ps: R, S, D, T, Z
  std::string command;

  static std::vector<ProcessEntry> parse_list(const std::string& json);
  static std::string print_list(const std::vector<ProcessEntry>& processes);
};

}  // namespace minibox::wire
