#include "registry/access.h"

#include <utility>

#include "base/registry_name.h"

namespace minibox::registry {

Access::Access(Settings settings, std::vector<HostCredentials> credentials)
    : settings_(std::move(settings)),
      credentials_(std::move(credentials)),
      http_(
          settings_.timeout, [this](const Url& url) { return settings_.host(url.authority()).ca_file; },
          settings_.proxies) {}

std::vector<Url> Access::sources(const oci::Reference& image) const {
  std::vector<Url> sources = settings_.host(image.registry()).mirrors;
  sources.push_back(settings_.endpoint(image.registry()));
  return sources;
}

std::unique_ptr<Client> Access::client(const Url& endpoint, const oci::Reference& image) {
  return make_client(endpoint, image.repository());
}

std::unique_ptr<Client> Access::client(const oci::Reference& image) {
  return make_client(settings_.endpoint(image.registry()), image.repository());
}

std::unique_ptr<Client> Access::client(const std::string& registry) {
  return make_client(settings_.endpoint(registry), {});
}

std::unique_ptr<Client> Access::make_client(const Url& endpoint, const std::string& repository) {
  std::optional<Credentials> credentials;
  for (const HostCredentials& known : credentials_) {
    if (known.host == normal_registry(endpoint.authority())) credentials = known.credentials;
  }
  return std::make_unique<Client>(http_, endpoint, repository, std::move(credentials), settings_.retry);
}

}  // namespace minibox::registry
