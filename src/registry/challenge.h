// WWW-Authenticate (RFC 9110, 11.6.1): what a registry asks for. Hostile input; pure function on text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace minibox::registry {

struct Challenge {
  std::string scheme;                             // lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  // names in lower case; the first of two of one name counts

  std::string parameter(const std::string& name) const;  // "" when absent
};

// The challenges of one header field, as far as they can be understood: what comes behind the first fault is left out.
std::vector<Challenge> parse_challenges(std::string_view field);

}  // namespace minibox::registry
