// What a container uses, GET /containers/stats. The field names are the JSON names.
#pragma once

#include <cstdint>
#include <string>

namespace minibox::wire {

struct ContainerStats {
  std::string id;
  std::int64_t memory_usage = 0;    // bytes, page cache included
  std::int64_t memory_limit = 0;    // bytes; 0: none
  std::int64_t cpu_usage_usec = 0;  // processor time since the start
  double cpu_percent = 0;           // since the previous question, whoever asked; 100 is one core; 0 the first time
  std::int64_t pids = 0;            // threads count
  std::int64_t net_input = 0;       // bytes that the container received; without its loopback
  std::int64_t net_output = 0;      // bytes that it sent
  std::int64_t block_input = 0;     // bytes read from block devices
  std::int64_t block_output = 0;    // bytes written to them

  static ContainerStats parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
