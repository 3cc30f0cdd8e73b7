#include "engine/overlay_view.h"

#include <sys/mount.h>

#include <exception>
#include <thread>

#include "base/error.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/overlay.h"

namespace minibox::engine {
namespace {

// The daemon looks into it as the host's root.
void harden(const sys::Fd& view) {
  sys::set_attributes(view, {.set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC});
}

// On a thread of its own: on older kernels making the overlay visits another mount namespace (sys/overlay.h).
sys::Fd mount_overlay(const sys::OverlayLayers& layers) {
  sys::Fd root;
  std::exception_ptr failure;
  std::thread([&] {
    try {
      root = sys::make_overlay(layers);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  harden(root);
  return root;
}

sys::OverlayLayers layers_of(const std::vector<oci::Mount>& mounts) {
  if (mounts.size() != 1 || mounts[0].type != "overlay") {
    throw Error(ErrorKind::kInternal, "a snapshot that is not one overlay");
  }
  std::vector<std::pair<std::string, std::string>> options;
  for (const std::string& option : mounts[0].options) {
    const size_t equals = option.find('=');
    options.emplace_back(option.substr(0, equals), equals == std::string::npos ? "" : option.substr(equals + 1));
  }
  return sys::copy_layers(options, [](const std::string& path) { return sys::clone_tree({}, path, false); });
}

}  // namespace

OverlayView::OverlayView(const std::vector<oci::Mount>& mounts) : root_(sys::Fd()) {
  sys::OverlayLayers layers = layers_of(mounts);
  root_ = sys::RootDir(mount_overlay(layers));
  upper_.emplace(sys::open_dir_entry(layers.upper_parent, layers.upper));
  copies_ = std::move(layers.lower);
  copies_.push_back(std::move(layers.upper_parent));
}

OverlayView OverlayView::of_layers(const store::OverlaySnapshotter& snapshots,
                                   const std::vector<oci::Digest>& diff_ids) {
  sys::OverlayLayers layers;
  for (const std::string& directory : snapshots.lower_directories(diff_ids)) {
    layers.lower.push_back(sys::clone_tree({}, directory, false));
  }
  // The kernel wants two layers for a read-only overlay. One is there always: the mount points.
  if (layers.lower.size() == 1) {
    harden(layers.lower[0]);
    return {sys::RootDir(layers.lower[0].duplicate()), std::move(layers.lower)};
  }
  sys::RootDir root(mount_overlay(layers));
  return {std::move(root), std::move(layers.lower)};
}

}  // namespace minibox::engine
