// Mounts what a Snapshotter says, as a container's set-up does: detached, seen by nobody. For tests that run as root.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "oci/mount.h"
#include "sys/mount.h"
#include "sys/overlay.h"

namespace minibox::store {

inline sys::Fd mount_snapshot(const std::vector<oci::Mount>& mounts) {
  std::vector<std::pair<std::string, std::string>> options;
  for (const std::string& option : mounts.at(0).options) {
    const size_t equals = option.find('=');
    options.emplace_back(option.substr(0, equals), equals == std::string::npos ? "" : option.substr(equals + 1));
  }
  return sys::make_overlay(
      sys::copy_layers(options, [](const std::string& from) { return sys::clone_tree({}, from, false); }));
}

// A path that leads through the detached mount while `mounted` is open.
inline std::string path_in(const sys::Fd& mounted, const std::string& name) {
  return "/proc/self/fd/" + std::to_string(mounted.get()) + "/" + name;
}

}  // namespace minibox::store
