#include "registry/settings.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"

namespace minibox::registry {
namespace {

constexpr char kDockerHub[] = "docker.io";
constexpr char kDockerHubEndpoint[] = "registry-1.docker.io";
constexpr size_t kMaxMirrors = 16;
constexpr size_t kMaxDelays = 10;
constexpr std::int64_t kMaxDelayMs = 600'000;

using oci::Json;
using oci::JsonObject;

// A mistyped "insecure" must not be passed over.
void refuse_unknown(const Json& object, const std::string& name, const std::vector<std::string>& known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    Error error(ErrorKind::kInvalid, name + ": unknown property " + quote(key));
    if (const std::string meant = nearest(key, known); !meant.empty())
      error.with_hint("did you mean " + quote(meant) + "?");
    throw error;
  }
}

bool is_loopback(const std::string& authority) {
  std::string_view host = split_host_port(authority).host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return is_loopback_host(host);
}

HostSettings default_host(const std::string& name) {
  HostSettings host;
  host.plain_http = is_loopback(name);
  return host;
}

HostSettings parse_host(const std::string& name, const Json& value, const std::string& what) {
  const JsonObject object(value, what);
  refuse_unknown(value, what, {"insecure", "ca", "mirrors"});
  HostSettings host = default_host(name);
  host.ca_file = object.text("ca");
  if (!host.ca_file.empty() && host.ca_file[0] != '/') object.fail("ca", "is not an absolute path");
  if (!host.ca_file.empty()) host.plain_http = false;
  if (object.has("insecure")) host.plain_http = object.flag("insecure");
  if (host.plain_http && !host.ca_file.empty()) object.fail("ca", "has no meaning beside \"insecure\": true");
  for (const std::string& mirror : object.texts("mirrors")) {
    host.mirrors.push_back(with_context(what + ".mirrors", [&] { return Url::parse(mirror); }));
    if (host.mirrors.back().target != "/")
      object.fail("mirrors", "has a path: only scheme, host and port may be given");
  }
  if (host.mirrors.size() > kMaxMirrors) object.fail("mirrors", "has more than 16 items");
  return host;
}

std::int64_t parse_ms(const Json& value, const std::string& what) {
  const bool good = value.is_number_integer() && value >= 0 && value <= kMaxDelayMs;
  if (!good) throw Error(ErrorKind::kInvalid, what + " is not a number of milliseconds from 0 to 600000");
  return value.get<std::int64_t>();
}

std::vector<std::chrono::milliseconds> parse_delays(const Json& value, const std::string& what) {
  if (!value.is_array() || value.size() > kMaxDelays)
    throw Error(ErrorKind::kInvalid, what + " is not an array of at most 10");
  std::vector<std::chrono::milliseconds> delays;
  for (const Json& item : value) delays.emplace_back(parse_ms(item, what));
  return delays;
}

}  // namespace

Settings Settings::parse(std::string_view json, const std::string& what) {
  const Json document = oci::parse_document(json, what);
  refuse_unknown(document, what, {"registries", "retry_delays_ms", "timeout_ms"});
  Settings settings;
  if (document.contains("retry_delays_ms")) {
    settings.retry.delays = parse_delays(document["retry_delays_ms"], what + ": 'retry_delays_ms'");
  }
  if (document.contains("timeout_ms")) {
    settings.timeout = std::chrono::milliseconds(parse_ms(document["timeout_ms"], what + ": 'timeout_ms'"));
    if (settings.timeout.count() == 0) throw Error(ErrorKind::kInvalid, what + ": 'timeout_ms' is zero");
  }
  if (!document.contains("registries")) return settings;
  const Json& registries = document["registries"];
  const JsonObject checked(registries, what + ".registries");
  for (const auto& [name, value] : registries.items()) {
    settings.hosts_[to_lower(name)] = parse_host(to_lower(name), value, checked.name() + "[" + quote(name) + "]");
  }
  return settings;
}

HostSettings Settings::host(const std::string& host) const {
  const std::string name = to_lower(host);
  const auto found = hosts_.find(name == kDockerHubEndpoint ? kDockerHub : name);
  return found == hosts_.end() ? default_host(name) : found->second;
}

Url Settings::endpoint(const std::string& registry) const {
  const std::string authority = registry == kDockerHub ? kDockerHubEndpoint : registry;
  return Url::parse((host(registry).plain_http ? "http://" : "https://") + authority);
}

}  // namespace minibox::registry
