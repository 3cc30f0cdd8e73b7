// The user's credentials for registries, in a file that nobody else can read: MINIBOX_AUTH_FILE, otherwise
// minibox/auth.json in XDG_CONFIG_HOME or ~/.config. The daemon gets them with each request that needs them and keeps
// none (docs/registries.md).
#pragma once

#include <string>
#include <vector>

#include "cli/command_table.h"
#include "wire/registry_auth.h"

namespace minibox::cli {

std::string auth_file_path(const Context& context);

// An empty one when there is none for this registry. kDenied when others may read the file; kInvalid.
wire::RegistryAuth auth_for(const std::string& server, const Context& context);
wire::RegistryAuth auth_for_image(const std::string& image, const Context& context);
// Those whose registry's name stands somewhere in the text: a daemon needs to see no others.
std::vector<wire::RegistryAuth> auths_named_in(const std::string& text, const Context& context);

void save_auth(const wire::RegistryAuth& auth, const Context& context);
bool remove_auth(const std::string& server, const Context& context);  // false when there was none

}  // namespace minibox::cli
