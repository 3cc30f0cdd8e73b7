// The files of a container that does not run, with its volumes where it sees them: for cp. Mounted in a mount namespace
// that no process is in, which holds nothing of the host. All who copy at a time share one.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/container.h"
#include "engine/overlay_view.h"
#include "oci/mount.h"
#include "oci/runtime_spec.h"
#include "sys/fd.h"

namespace minibox::engine {

struct EngineState;

class StoppedFiles {
 public:
  // `root` as the snapshotter gives it, `spec` of the launch: its mounts, and whether the root can be written. What the
  // container has in memory only (tmpfs, /proc, /dev) is an empty directory that can't be written. Error: a volume
  // whose source has gone.
  StoppedFiles(const std::vector<oci::Mount>& root, const oci::RuntimeSpec& spec);
  const sys::RootDir& root() const { return view_.root(); }

 private:
  OverlayView view_;
  sys::Fd namespace_;  // keeps the mounts together
};

// While anybody holds one, the container can't be started or removed, and its mutex is free. The caller holds it by
// `lock` and has seen that the container does not run; it is let go in between when another one is just being closed.
std::shared_ptr<const StoppedFiles> share_files(EngineState& state, const ContainerPtr& container,
                                                std::unique_lock<std::mutex>& lock);
// Before a start or a removal: returns when nobody copies, with the mutex held again. kConflict after half a minute.
void await_files(Container& container, std::unique_lock<std::mutex>& lock);

}  // namespace minibox::engine
