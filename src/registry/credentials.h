// Who asks a registry. Lives as long as one call; never stored, logged or put into an Error.
#pragma once

#include <string>

namespace minibox::registry {

struct Credentials {
  std::string username;
  std::string password;
};

}  // namespace minibox::registry
