// Snapshots: the file system views that containers and build steps run on.
//
//   committed layer   read-only, named by its diff_id, shared by all that use it
//   active snapshot   committed layers below, a writable directory on top; one container or build step
//
// Life of an active snapshot, in order:
//   1. The caller makes a directory (containers/<id>, or one under tmp/) and owns it.
//   2. prepare(): the writable part is made there, and the answer says how to mount it all. Its top directory has
//   owner,
//      mode, time and attributes of the topmost layer's, for overlayfs shows the upper one's as those of "/". Nothing
//      is mounted here: the container's own set-up does it, in its own mount namespace, so a crash leaves no mount
//      behind.
//   3. After a stop, resume() gives the same view again with all changes in it.
//   4. Either commit(): the changes become a committed layer; or remove(): they are dropped.
// Committed layers come from commit() or from unpacking a blob (ImageStore::ensure_unpacked).
// Every snapshotter is held to this by tests/root/snapshotter_conformance_test.cc.
// Any thread may call; calls on one directory must not overlap.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "oci/digest.h"
#include "oci/mount.h"

namespace minibox::store {

class Snapshotter {
 public:
  virtual ~Snapshotter() = default;

  virtual bool has(const oci::Digest& diff_id) const = 0;
  bool has_all(const std::vector<oci::Digest>& diff_ids) const {
    return std::all_of(diff_ids.begin(), diff_ids.end(), [this](const oci::Digest& diff_id) { return has(diff_id); });
  }

  // prepare() in two, for a caller that makes directories before it knows the layers: first the writable part alone,
  // later its top directory's attributes. resume() then says how to mount it.
  virtual void make_writable(const std::string& directory) = 0;
  virtual void adopt_root(const std::string& directory, const std::vector<oci::Digest>& diff_ids) = 0;
  // `diff_ids` bottom first. kNotFound when a layer is not there.
  virtual std::vector<oci::Mount> prepare(const std::string& directory, const std::vector<oci::Digest>& diff_ids) = 0;
  virtual std::vector<oci::Mount> resume(const std::string& directory, const std::vector<oci::Digest>& diff_ids) = 0;

  // The snapshot must not be mounted any more. When the layer exists already the changes are dropped.
  virtual void commit(const std::string& directory, const oci::Digest& diff_id) = 0;
  // Drops what prepare() made; the directory itself stays the caller's. May be repeated.
  virtual void remove(const std::string& directory) = 0;
};

}  // namespace minibox::store
