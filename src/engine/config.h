// What the daemon is told by its environment (docs/cli.md lists the variables), checked once at start.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "registry/proxy.h"

namespace minibox::engine {

struct Config {
  std::string data_root = "/var/lib/minibox";        // MINIBOX_DATA_ROOT
  std::string http_address = "127.0.0.1:8080";       // MINIBOX_HTTP_ADDR
  std::string socket = "/run/minibox/minibox.sock";  // MINIBOX_SOCKET
  std::string api_token;                             // MINIBOX_API_TOKEN
  std::vector<std::string> build_prefixes = {"/home", "/tmp", "/var/lib/minibox", "/root",
                                             "/srv",  "/opt", "/usr/local/src"};
  unsigned subuid_base = 100'000;           // MINIBOX_SUBUID_BASE
  unsigned subuid_count = 65'536;           // MINIBOX_SUBUID_COUNT
  bool host_ids = false;                    // MINIBOX_USERNS=host: no user namespaces unless asked for
  std::string bridge = "minibox0";          // MINIBOX_BRIDGE
  std::string subnet = "172.19.0.0/24";     // MINIBOX_SUBNET
  std::string publish_address = "0.0.0.0";  // MINIBOX_PUBLISH_ADDR
  bool bridge_on_startup = true;            // MINIBOX_BRIDGE_ON_STARTUP, off only by "0"
  bool index_layers = true;                 // MINIBOX_INDEX_LAYERS, off only by "0"
  bool index_on_startup = true;             // MINIBOX_INDEX_ON_STARTUP, off only by "0"
  std::int64_t default_memory_mb = -1;      // MINIBOX_DEFAULT_MEMORY, 0: none, -1: four fifths of the host's
  std::int64_t default_pids = 2048;         // MINIBOX_DEFAULT_PIDS, 0: none
  std::int64_t log_limit_mb = 100;          // MINIBOX_LOG_LIMIT, of each container's log with its former generation
  // How registries are reached: MINIBOX_REGISTRIES. That nobody named need not be there.
  std::string registries = "/etc/minibox/registries.json";
  bool registries_given = false;
  registry::ProxyTable proxies;  // HTTP_PROXY, HTTPS_PROXY, NO_PROXY, or the same in lower case
  std::string shim;              // MINIBOX_SHIM, default: beside the daemon's own program

  // Cgroups of several daemons on one host are told apart by the bridge's name.
  std::string cgroup_parent() const { return bridge == "minibox0" ? "/minibox" : "/minibox-" + bridge; }

  using Lookup = std::function<std::optional<std::string>(const char* name)>;
  static Config from_environment(const Lookup& lookup);  // Error kInvalid naming variable and value
};

}  // namespace minibox::engine
