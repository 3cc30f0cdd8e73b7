// How registries are reached: the file registries.json (docs/registries.md). Plain value, parsed anew for each use, so
// that a change needs no restart.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "registry/proxy.h"
#include "registry/url.h"

namespace minibox::registry {

struct RetryPolicy {
  std::vector<std::chrono::milliseconds> delays = {std::chrono::seconds(4),
                                                   std::chrono::seconds(6)};  // between attempts
  std::chrono::milliseconds longest{60'000};  // what a Retry-After may ask for; more than that ends the attempts
};

struct HostSettings {
  bool plain_http = false;   // "insecure": no TLS
  std::string ca_file;       // trusted instead of the system's; "" for those
  std::vector<Url> mirrors;  // asked first, in this order, for pulls
};

class Settings {
 public:
  // kInvalid naming the property. `what` names the file in messages.
  static Settings parse(std::string_view json, const std::string& what);

  // `host` is the registry of a reference ("docker.io", "localhost:5000"), or the authority of a URL. What the file
  // does not name is reached by TLS, this machine itself ("localhost", 127.0.0.0/8, ::1) without.
  HostSettings host(const std::string& host) const;
  // Where a registry's own API is: "docker.io" is at registry-1.docker.io.
  Url endpoint(const std::string& registry) const;

  RetryPolicy retry;
  std::chrono::milliseconds timeout{30'000};  // for a connection, and for the next byte on one
  ProxyTable proxies;                         // not in the file: from the daemon's environment

 private:
  std::map<std::string, HostSettings> hosts_;  // by lower-case name
};

}  // namespace minibox::registry
