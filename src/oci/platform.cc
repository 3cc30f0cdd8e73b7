#include "oci/platform.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace minibox::oci {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kAliases = {{{"x86_64", "amd64"},
                                                                                    {"x86-64", "amd64"},
                                                                                    {"aarch64", "arm64"},
                                                                                    {"armhf", "arm"},
                                                                                    {"i386", "386"},
                                                                                    {"i686", "386"}}};

// The variant as a number: "v7" is 7. What no variant says is the least that the architecture's name promises.
int variant_level(const Platform& platform) {
  if (platform.variant.starts_with("v")) {
    if (const auto level = parse_int(std::string_view(platform.variant).substr(1), 0, 99)) {
      return static_cast<int>(*level);
    }
  }
  if (platform.architecture == "arm64") return 8;
  if (platform.architecture == "arm") return 7;
  return 1;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

Platform host_platform() {
#if defined(__x86_64__)
  return {"amd64", "linux", ""};
#elif defined(__aarch64__)
  return {"arm64", "linux", "v8"};
#elif defined(__riscv)
  return {"riscv64", "linux", ""};
#else
#error "oci/platform.cc: which architecture is this?"
#endif
}

Platform parse_platform(std::string_view text) {
  const std::vector<std::string> parts = split(to_lower(text), '/');
  Platform platform;
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

std::string print_platform(const Platform& platform) {
  return platform.os + "/" + platform.architecture + (platform.variant.empty() ? "" : "/" + platform.variant);
}

bool runs_on(const Platform& offered, const Platform& wanted) {
  return offered.os == wanted.os && offered.architecture == wanted.architecture &&
         variant_level(offered) <= variant_level(wanted);
}

std::optional<Descriptor> choose_manifest(const std::vector<Descriptor>& manifests, const Platform& wanted) {
  const Descriptor* best = nullptr;
  for (const Descriptor& manifest : manifests) {
    if (!runs_on(manifest.platform, wanted)) continue;
    if (best == nullptr || variant_level(manifest.platform) > variant_level(best->platform)) best = &manifest;
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

}  // namespace minibox::oci
