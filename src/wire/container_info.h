// One container as GET /containers shows it: a JSON object id -> ContainerInfo.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace minibox::wire {

struct ContainerInfo {
  std::string id;  // ^[a-f0-9]{8}$
  std::string name;
  std::string image;
  std::string image_digest;  // of the manifest, "sha256:..."
  std::vector<std::string> command;
  int pid = 0;              // host pid of the container's PID 1; 0 when not running
  std::string status;       // "created", "running", "paused", "restarting" (waits for the next start) or "exited"
  std::string created_at;   // RFC 3339, nanoseconds
  std::string started_at;   // omitted when empty
  std::string finished_at;  // omitted when empty
  int exit_code = 0;        // 128+n after a signal, -1 when unknown
  bool oom_killed = false;
  std::int64_t restart_count = 0;            // by the restart policy, since somebody started it
  std::map<std::string, std::string> ports;  // as in the request; omitted when empty
  std::string project;
  std::map<std::string, std::string> labels;  // the image's and the request's; omitted when empty
  std::string ip;                             // omitted when empty
  std::string health;  // "starting", "healthy" or "unhealthy"; omitted when empty: no health check, or not running

  static std::map<std::string, ContainerInfo> parse_map(const std::string& json);
  static std::string print_map(const std::map<std::string, ContainerInfo>& containers);
};

}  // namespace minibox::wire
