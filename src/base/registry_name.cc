#include "base/registry_name.h"

#include <algorithm>

#include "base/text.h"

namespace minibox {

std::string_view registry_host_in(std::string_view reference) {
  const size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view first = reference.substr(0, slash);
  const bool upper = std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool host = first == "localhost" || first.find_first_of(".:") != std::string_view::npos || upper;
  return host ? first : std::string_view();
}

std::string normal_registry(std::string_view name) {
  if (const size_t scheme = name.find("://"); scheme != std::string_view::npos) name.remove_prefix(scheme + 3);
  const std::string host = to_lower(name.substr(0, name.find('/')));
  const bool is_default = host.empty() || host == "index.docker.io" || host == "registry-1.docker.io";
  return is_default ? kDefaultRegistry : host;
}

}  // namespace minibox
