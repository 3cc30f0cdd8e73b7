// A mount as a plain value, in the terms of the OCI runtime spec (config.md, "Mounts") and mount(8). Layers exchange
// these instead of mounting: the store answers with a list of Mounts for a snapshot, the launch planner puts them into
// the runtime spec, and only the container's own set-up carries them out.
#pragma once

#include <string>
#include <vector>

namespace minibox::oci {

struct IdMapping {  // one line of /proc/PID/uid_map
  unsigned container_id = 0;
  unsigned host_id = 0;
  unsigned size = 0;
  bool operator==(const IdMapping&) const = default;
};

struct Mount {
  std::string destination;  // absolute path in the container; "/" is the root file system (decision 0003)
  std::string type;         // "overlay", "bind", "proc", "tmpfs", ...
  std::string source;
  std::vector<std::string> options;     // mount(8) words: "ro", "nosuid", "rbind", "lowerdir=...", ...
  std::vector<IdMapping> uid_mappings;  // not empty: idmapped mount (overlay: its layers and upper directory are)
  std::vector<IdMapping> gid_mappings;
  bool operator==(const Mount&) const = default;
};

}  // namespace minibox::oci
