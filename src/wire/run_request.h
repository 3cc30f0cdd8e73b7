// POST /containers/run: what to run and how. The field names are the JSON names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace minibox::wire {

struct RunRequest {
  std::string image;                 // reference; required
  std::vector<std::string> command;  // appended to the image's Entrypoint; empty: the image's Cmd
  bool detached = false;
  bool interactive = false;  // feed the client's stdin to it
  bool tty = false;          // a terminal; old clients (no upgrade) mean it by `interactive`
  std::int64_t rows = 0;     // its size at first; 0: not known
  std::int64_t columns = 0;
  bool remove = false;                         // --rm: erase the container when it has ended
  bool timing = false;                         // --timing: report each named step of the start
  std::int64_t memory = 0;                     // MB (1048576 bytes); 0: the daemon's default limit
  std::int64_t cpu = 0;                        // quota in microseconds per 100 ms period; 0: none
  double cpus = 0;                             // cores, 1.5 is 150000 us per period; 0: none; not together with cpu
  std::int64_t pids_limit = 0;                 // 0: the daemon's default limit; -1: none
  std::string network;                         // "", "bridge" or "none"
  std::map<std::string, std::string> ports;    // "[address:]host" -> "container[/tcp]"
  std::map<std::string, std::string> volumes;  // absolute host path -> "container path[:ro|:rw]"
  std::vector<std::string> env;                // "K=V"
  std::string user;                            // "name|uid[:group|gid]"
  std::string workdir;                         // absolute
  std::string name;
  std::string hostname;
  std::string project;

  // Both throw Error kInvalid naming field and value: unknown fields, wrong types and numbers out of range too.
  static RunRequest parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
