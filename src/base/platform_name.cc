#include "base/platform_name.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace minibox {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kAliases = {{{"x86_64", "amd64"},
                                                                                    {"x86-64", "amd64"},
                                                                                    {"aarch64", "arm64"},
                                                                                    {"armhf", "arm"},
                                                                                    {"i386", "386"},
                                                                                    {"i686", "386"}}};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

PlatformName parse_platform_name(std::string_view text) {
  const std::vector<std::string> parts = split(to_lower(text), '/');
  PlatformName platform;
  platform.os = "linux";
  if (parts.size() == 1) {
    platform.architecture = parts[0];
  } else {
    platform.os = parts[0];
    platform.architecture = parts[1];
    if (parts.size() > 2) platform.variant = parts[2];
  }
  for (const auto& [alias, name] : kAliases) {
    if (platform.architecture == alias) platform.architecture = name;
  }
  const bool good = parts.size() <= 3 && is_name(platform.os) && is_name(platform.architecture) &&
                    (parts.size() < 3 || is_name(platform.variant));
  if (!good) {
    throw Error(ErrorKind::kInvalid, "invalid platform " + quote(text)).with_hint("as in linux/amd64 or linux/arm/v7");
  }
  return platform;
}

}  // namespace minibox
