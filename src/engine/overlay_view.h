// The daemon's own view of an image's or a build step's file system: the overlay as a detached mount that no namespace
// shows, reached only through a RootDir. Not idmapped: the daemon sees the ids that lie on disk, which are the
// container's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci/digest.h"
#include "oci/mount.h"
#include "store/overlay_snapshotter.h"
#include "sys/fd.h"
#include "sys/root_dir.h"

namespace minibox::engine {

class OverlayView {
 public:
  // `mounts` as the snapshotter gives them; writes go to their upper directory. No container may use them meanwhile.
  explicit OverlayView(const std::vector<oci::Mount>& mounts);
  // Read-only, of committed layers.
  static OverlayView of_layers(const store::OverlaySnapshotter& snapshots, const std::vector<oci::Digest>& diff_ids);

  const sys::RootDir& root() const { return root_; }
  const sys::RootDir* upper() const { return upper_ ? &*upper_ : nullptr; }  // null when it is read-only

 private:
  OverlayView(sys::RootDir root, std::vector<sys::Fd> copies) : root_(std::move(root)), copies_(std::move(copies)) {}
  sys::RootDir root_;
  std::optional<sys::RootDir> upper_;
  std::vector<sys::Fd> copies_;
};

}  // namespace minibox::engine
