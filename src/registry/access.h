// One use of registries: settings as the file says now, connections, the caller's credentials. Lives as long as the
// use. Any thread may call.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oci/reference.h"
#include "registry/client.h"
#include "registry/credentials.h"
#include "registry/http_client.h"
#include "registry/settings.h"

namespace minibox::registry {

struct HostCredentials {
  std::string host;  // base/registry_name.h, normal_registry()
  Credentials credentials;
};

class Access {
 public:
  Access(Settings settings, std::vector<HostCredentials> credentials);
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  // Where to ask for the image: mirrors first, the registry itself last.
  std::vector<Url> sources(const oci::Reference& image) const;
  // Only the credentials for this very registry, or mirror, go there. A client must not outlive this.
  std::unique_ptr<Client> client(const Url& endpoint, const oci::Reference& image);
  std::unique_ptr<Client> client(const oci::Reference& image);  // of the registry itself
  std::unique_ptr<Client> client(const std::string& registry);  // to log in

 private:
  std::unique_ptr<Client> make_client(const Url& endpoint, const std::string& repository);

  const Settings settings_;
  const std::vector<HostCredentials> credentials_;
  HttpClient http_;
};

}  // namespace minibox::registry
