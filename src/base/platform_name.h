// Names of platforms, as both sides of the API must read them alike. Pure.
#pragma once

#include <string>
#include <string_view>

namespace minibox {

struct PlatformName {
  std::string os;
  std::string architecture;
  std::string variant;  // "" when not given
};

// "linux/arm64/v8", "linux/arm64" or "arm64"; the names that uname(1) gives are taken too ("aarch64"). kInvalid.
PlatformName parse_platform_name(std::string_view text);

}  // namespace minibox
