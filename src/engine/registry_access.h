// The use of registries by a call of ours: the daemon's settings and the caller's credentials.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/config.h"
#include "oci/reference.h"
#include "registry/access.h"
#include "wire/registry_auth.h"

namespace minibox::engine {

// The text of registries.json, as it is now, if there is one. kInvalid when one was named that is not there.
std::optional<std::string> read_registries(const Config& config);
std::vector<registry::HostCredentials> credentials_of(const std::vector<wire::RegistryAuth>& auths);
// kInvalid when the file of settings is wrong.
registry::Access open_registries(const Config& config, const std::vector<wire::RegistryAuth>& auths);

// What can be done about a registry that does not let us in.
void add_login_hint(Error& error, const oci::Reference& image);

}  // namespace minibox::engine
