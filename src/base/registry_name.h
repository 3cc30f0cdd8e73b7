// Names of image registries, as both sides of the API must read them alike. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace minibox {

inline constexpr char kDefaultRegistry[] = "docker.io";

// The host in front of an image reference, "" when there is none. Docker's rule: the first component is a host when it
// could not be a path component of docker.io.
std::string_view registry_host_in(std::string_view reference);

// One spelling of a registry's several: without scheme and path, in lower case, those of docker.io as that. "" is the
// default one.
std::string normal_registry(std::string_view name);

}  // namespace minibox
