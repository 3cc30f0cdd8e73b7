// Paths at which the steps of a build find again what earlier ones left, as both sides of the API must read them alike.
// Pure.
#pragma once

#include <string>

namespace minibox {

// Normalised; kInvalid unless absolute, and for "/" itself.
std::string checked_cache_path(const std::string& path);

}  // namespace minibox
