#include "oci/platform.h"

#include "base/platform_name.h"
#include "base/text.h"

namespace minibox::oci {
namespace {

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
  const PlatformName name = parse_platform_name(text);
  return {name.architecture, name.os, name.variant};
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
