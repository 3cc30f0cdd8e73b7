// One use of registries by a call of ours: settings as the file says now, connections, the caller's credentials. Lives
// as long as the call. Any thread may use it.
#pragma once

#include <memory>
#include <vector>

#include "engine/config.h"
#include "oci/reference.h"
#include "registry/client.h"
#include "registry/http_client.h"
#include "registry/settings.h"
#include "wire/registry_auth.h"

namespace minibox::engine {

class RegistryAccess {
 public:
  // kInvalid when the file of settings is wrong.
  RegistryAccess(const Config& config, std::vector<wire::RegistryAuth> auths);
  RegistryAccess(const RegistryAccess&) = delete;
  RegistryAccess& operator=(const RegistryAccess&) = delete;

  // Where to ask for the image: mirrors first, the registry itself last.
  std::vector<registry::Url> sources(const oci::Reference& image) const;
  // Only the credentials for this very registry, or mirror, go there.
  std::unique_ptr<registry::Client> client(const registry::Url& endpoint, const oci::Reference& image);
  std::unique_ptr<registry::Client> client(const oci::Reference& image);  // of the registry itself
  std::unique_ptr<registry::Client> client(const std::string& registry);  // to log in

 private:
  std::unique_ptr<registry::Client> make_client(const registry::Url& endpoint, const std::string& repository);

  registry::Settings settings_;
  std::vector<wire::RegistryAuth> auths_;
  registry::HttpClient http_;
};

// What can be done about a registry that does not let us in.
void add_login_hint(Error& error, const oci::Reference& image);

}  // namespace minibox::engine
