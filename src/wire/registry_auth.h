// Who pulls, pushes or logs in: credentials for one registry. They travel in headers, in Docker's form: X-Registry-Auth
// for one registry, X-Registry-Config for several, both base64 of JSON. The daemon keeps neither.
#pragma once

#include <string>
#include <vector>

namespace minibox::wire {

struct RegistryAuth {
  std::string username;
  std::string password;
  std::string server;  // base/registry_name.h, normal_registry()

  bool empty() const { return username.empty() && password.empty(); }

  static RegistryAuth parse_header(const std::string& value);  // "" is an empty one; kInvalid
  std::string print_header() const;
  static RegistryAuth parse(const std::string& json);  // the body of POST /auth
  std::string print() const;
};

std::vector<RegistryAuth> parse_registry_config(const std::string& header);  // kInvalid
std::string print_registry_config(const std::vector<RegistryAuth>& auths);

// The file of the client's credentials, in the form of Docker's config.json: {"auths": {"host": {"auth": "..."}}}. What
// else it holds is kept. `text` may be "".
std::vector<RegistryAuth> parse_auth_file(const std::string& text);               // kInvalid
std::string add_to_auth_file(const std::string& text, const RegistryAuth& auth);  // or replace
std::string remove_from_auth_file(const std::string& text, const std::string& server);

}  // namespace minibox::wire
