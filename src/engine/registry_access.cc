#include "engine/registry_access.h"

#include "base/error.h"
#include "base/registry_name.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

constexpr size_t kMaxSettings = 1u << 20;

registry::Settings parse_settings(const Config& config) {
  const auto text = sys::try_read_file(config.registries, kMaxSettings);
  if (text) return registry::Settings::parse(*text, config.registries);
  if (!config.registries_given) return {};
  throw Error(ErrorKind::kInvalid, "MINIBOX_REGISTRIES=" + quote(config.registries) + ": no such file");
}

registry::Settings read_settings(const Config& config) {
  registry::Settings settings = parse_settings(config);
  settings.proxies = config.proxies;
  return settings;
}

}  // namespace

RegistryAccess::RegistryAccess(const Config& config, std::vector<wire::RegistryAuth> auths)
    : settings_(read_settings(config)),
      auths_(std::move(auths)),
      http_(
          settings_.timeout, [this](const registry::Url& url) { return settings_.host(url.authority()).ca_file; },
          settings_.proxies) {}

std::vector<registry::Url> RegistryAccess::sources(const oci::Reference& image) const {
  std::vector<registry::Url> sources = settings_.host(image.registry()).mirrors;
  sources.push_back(settings_.endpoint(image.registry()));
  return sources;
}

std::unique_ptr<registry::Client> RegistryAccess::client(const registry::Url& endpoint, const oci::Reference& image) {
  return make_client(endpoint, image.repository());
}

std::unique_ptr<registry::Client> RegistryAccess::client(const oci::Reference& image) {
  return make_client(settings_.endpoint(image.registry()), image.repository());
}

std::unique_ptr<registry::Client> RegistryAccess::client(const std::string& registry) {
  return make_client(settings_.endpoint(registry), {});
}

std::unique_ptr<registry::Client> RegistryAccess::make_client(const registry::Url& endpoint,
                                                              const std::string& repository) {
  std::optional<registry::Credentials> credentials;
  for (const wire::RegistryAuth& auth : auths_) {
    if (!auth.empty() && normal_registry(auth.server) == normal_registry(endpoint.authority())) {
      credentials = {auth.username, auth.password};
    }
  }
  return std::make_unique<registry::Client>(http_, endpoint, repository, std::move(credentials), settings_.retry);
}

void add_login_hint(Error& error, const oci::Reference& image) {
  if (error.kind() != ErrorKind::kDenied || !error.hint().empty()) return;
  error.with_hint("log in: minibox login" + (image.host().empty() ? "" : " " + image.registry()));
}

}  // namespace minibox::engine
