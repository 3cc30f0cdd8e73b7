// The use of registries by a call of ours: the daemon's settings and the caller's credentials.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/config.h"
#include "oci/reference.h"
#include "registry/access.h"
#include "wire/registry_auth.h"

namespace minibox::engine {

// The text of registries.json, as it is now, if there is one. kInvalid when one was named that is not there.
std::optional<std::string> read_registries(const Config& config);
registry::Settings read_settings(const Config& config);  // kInvalid when the file is wrong
std::vector<registry::HostCredentials> credentials_of(const std::vector<wire::RegistryAuth>& auths);
registry::Access open_registries(const Config& config, const std::vector<wire::RegistryAuth>& auths);

// What another source may do better: not a full disk here, nor a client that has left.
bool is_sources_fault(const Error& error);

// What `use` returns for the first source of the image that has it; `on_failed` hears of the mirrors before that one.
template <typename Use, typename OnFailed>
auto try_sources(registry::Access& access, const oci::Reference& image, Use use, OnFailed on_failed) {
  const std::vector<registry::Url> sources = access.sources(image);
  for (size_t i = 0; i + 1 < sources.size(); ++i) {
    try {
      return use(*access.client(sources[i], image));
    } catch (const Error& error) {
      if (!is_sources_fault(error)) throw;
      on_failed(sources[i].origin(), error);
    }
  }
  return use(*access.client(sources.back(), image));
}

// What can be done about a registry that does not let us in.
void add_login_hint(Error& error, const oci::Reference& image);

}  // namespace minibox::engine
