// The daemon's own, writable view of a build step's file system: the overlay as a detached mount that no namespace shows,
// reached only through a RootDir. Not idmapped: the daemon sees the ids that lie on disk, which are the container's.
#pragma once

#include <string>
#include <vector>

#include "oci/mount.h"
#include "sys/fd.h"
#include "sys/root_dir.h"

namespace minibox::engine {

class OverlayView {
 public:
  // `mounts` as the snapshotter gives them; writes go to their upper directory. No container may use them meanwhile.
  explicit OverlayView(const std::vector<oci::Mount>& mounts);
  const sys::RootDir& root() const { return root_; }

 private:
  sys::RootDir root_;
  std::vector<sys::Fd> copies_;
};

}  // namespace minibox::engine
