#include "engine/config.h"

#include "base/error.h"
#include "base/text.h"

namespace minibox::engine {
namespace {

class Reader {
 public:
  explicit Reader(const Config::Lookup& lookup) : lookup_(lookup) {}

  void text(const char* name, std::string& value) const {
    const std::optional<std::string> set = lookup_(name);
    if (set && !trim(*set).empty()) value = std::string(trim(*set));
  }
  // As curl reads them: lower case counts more.
  std::string either(const char* first, const char* second) const {
    std::string value;
    text(second, value);
    text(first, value);
    return value;
  }
  template <typename Number>
  void number(const char* name, Number& value, std::int64_t min, std::int64_t max) const {
    std::string set;
    text(name, set);
    if (set.empty()) return;
    const auto parsed = parse_int(set, min, max);
    if (!parsed) {
      throw Error(ErrorKind::kInvalid, std::string(name) + "=" + quote(set) + ": not a whole number from " +
                                           std::to_string(min) + " to " + std::to_string(max));
    }
    value = static_cast<Number>(*parsed);
  }
  void absolute(const char* name, std::string& value) const {
    text(name, value);
    if (value.empty() || value[0] != '/')
      throw Error(ErrorKind::kInvalid, std::string(name) + "=" + quote(value) + ": not an absolute path");
  }
  void unless_zero(const char* name, bool& value) const {
    std::string set;
    text(name, set);
    value = set != "0";
  }
  void list(const char* name, std::vector<std::string>& value) const {
    std::string set;
    text(name, set);
    std::vector<std::string> items;
    for (const std::string& item : split(set, ',')) {
      if (!trim(item).empty()) items.emplace_back(trim(item));
    }
    if (!items.empty()) value = items;
  }

 private:
  const Config::Lookup& lookup_;
};

}  // namespace

Config Config::from_environment(const Lookup& lookup) {
  const Reader read(lookup);
  Config config;
  read.absolute("MINIBOX_DATA_ROOT", config.data_root);
  read.text("MINIBOX_HTTP_ADDR", config.http_address);
  read.absolute("MINIBOX_SOCKET", config.socket);
  read.text("MINIBOX_API_TOKEN", config.api_token);
  read.list("MINIBOX_BUILD_PREFIXES", config.build_prefixes);
  read.number("MINIBOX_SUBUID_BASE", config.subuid_base, 1, UINT32_MAX - 65'536);
  read.number("MINIBOX_SUBUID_COUNT", config.subuid_count, 65'536, UINT32_MAX - config.subuid_base);
  std::string userns = "private";
  read.text("MINIBOX_USERNS", userns);
  if (userns != "private" && userns != "host")
    throw Error(ErrorKind::kInvalid, "MINIBOX_USERNS=" + quote(userns) + ": neither 'private' nor 'host'");
  config.host_ids = userns == "host";
  read.text("MINIBOX_BRIDGE", config.bridge);
  read.text("MINIBOX_SUBNET", config.subnet);
  read.text("MINIBOX_PUBLISH_ADDR", config.publish_address);
  read.unless_zero("MINIBOX_BRIDGE_ON_STARTUP", config.bridge_on_startup);
  read.unless_zero("MINIBOX_INDEX_LAYERS", config.index_layers);
  read.unless_zero("MINIBOX_INDEX_ON_STARTUP", config.index_on_startup);
  read.number("MINIBOX_DEFAULT_MEMORY", config.default_memory_mb, 0, INT64_MAX >> 20);
  read.number("MINIBOX_DEFAULT_PIDS", config.default_pids, 0, 4'194'304);
  read.number("MINIBOX_LOG_LIMIT", config.log_limit_mb, 1, 1'000'000);
  const std::string default_registries = config.registries;
  read.absolute("MINIBOX_REGISTRIES", config.registries);
  config.registries_given = config.registries != default_registries;
  config.proxies =
      registry::ProxyTable::parse(read.either("http_proxy", "HTTP_PROXY"), read.either("https_proxy", "HTTPS_PROXY"),
                                  read.either("no_proxy", "NO_PROXY"));
  read.text("MINIBOX_SHIM", config.shim);
  return config;
}

}  // namespace minibox::engine
