// POST /containers/run: what to run and how. The field names are the JSON names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wire/healthcheck.h"

namespace minibox::wire {

// What a number may be at most.
inline constexpr std::int64_t kMaxMemoryMb = 16LL << 20;  // 16 TiB
inline constexpr double kMaxCores = 4096;
inline constexpr std::int64_t kMaxQuotaUs = 4096LL * 100'000;  // kMaxCores
inline constexpr std::int64_t kMaxPids = 4 << 20;              // PID_MAX_LIMIT of 64-bit Linux

// A source may be seen at several places: in JSON its value is a text, or an array of texts.
using Volumes = std::multimap<std::string, std::string>;

struct RunRequest {
  std::string image;                    // reference; required
  std::vector<std::string> command;     // appended to the image's Entrypoint; empty: the image's Cmd
  std::vector<std::string> entrypoint;  // instead of the image's, whose Cmd is left out then; {""} for none
  bool detached = false;
  bool interactive = false;  // feed the client's stdin to it
  bool tty = false;          // a terminal; old clients (no upgrade) mean it by `interactive`
  std::int64_t rows = 0;     // its size at first; 0: not known
  std::int64_t columns = 0;
  bool remove = false;                       // --rm: erase the container when it has ended
  bool timing = false;                       // --timing: report each named step of the start
  std::int64_t memory = 0;                   // MB (1048576 bytes); 0: the daemon's default limit
  std::int64_t cpu = 0;                      // quota in microseconds per 100 ms period; 0: none
  double cpus = 0;                           // cores, 1.5 is 150000 us per period; 0: none; not together with cpu
  std::int64_t pids_limit = 0;               // 0: the daemon's default limit; -1: none
  std::string network;                       // "", "bridge" or "none"
  std::map<std::string, std::string> ports;  // "[address:]host" -> "container[/tcp]"
  Volumes volumes;                           // absolute host path -> "container path[:ro|:rw]"
  std::vector<std::string> env;              // "K=V"
  std::string user;                          // "name|uid[:group|gid]"
  std::string workdir;                       // absolute
  std::string name;
  std::string hostname;
  std::string project;
  std::map<std::string, std::string> labels;  // beside the image's
  std::vector<std::string> extra_hosts;       // "name:address", for /etc/hosts
  std::vector<std::string> dns;               // addresses of name servers instead of the host's
  std::string restart;                        // "", "no", "on-failure[:times]", "always" or "unless-stopped"
  std::string stop_signal;                    // what `stop` sends: "INT", "SIGINT", "2"; "": the image's, or TERM
  Healthcheck healthcheck;

  // Isolation and limits; what is absent is the daemon's default (docs/security.md).
  std::vector<std::string> cap_add;            // names with or without CAP_, or ALL
  std::vector<std::string> cap_drop;           // of the same form; ALL leaves what cap_add names
  std::string seccomp;                         // "": the built-in profile; "unconfined"; or a profile's JSON text
  std::string userns;                          // "" or "host"
  bool read_only = false;                      // the root file system
  bool db_mode = false;                        // what database servers need, and no more
  std::map<std::string, std::string> tmpfs;    // path -> "size=64m,mode=700,..."
  Volumes named_volumes;                       // name -> "container path[:ro|:rw]"
  std::map<std::string, std::string> ulimits;  // "nofile" -> "1024:4096"; -1 or unlimited
  std::map<std::string, std::string> sysctls;  // namespaced ones only
  std::vector<std::string> devices;            // "host path[:container path[:rwm]]"
  std::int64_t shm_size = 0;                   // MB of /dev/shm; 0: 64, in db_mode 256
  std::optional<std::int64_t> oom_score_adj;   // -1000 to 1000, inherited by all of the container
  std::string cpuset;                          // "0-3,6"
  std::int64_t io_weight = 0;                  // 1 to 1000; 0: the kernel's default
  std::int64_t memory_swap = 0;                // MB of memory and swap together; 0: no swap; -1: no limit

  // Both throw Error kInvalid naming field and value: unknown fields, wrong types and numbers out of range too.
  static RunRequest parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
