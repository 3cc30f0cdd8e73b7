// What every Snapshotter promises (store/snapshotter.h), tried through that interface and real mounts alone. Another
// snapshotter is held to it by one more INSTANTIATE_TEST_SUITE_P. Needs root.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "snapshot_mount.h"
#include "store/snapshotter.h"
#include "store/store_fixture.h"

namespace minibox::store {

struct SnapshotterMaker {
  std::string name;
  std::function<std::unique_ptr<Snapshotter>(const DataRoot& root)> make;
};

class SnapshotterConformance : public StoreTest, public testing::WithParamInterface<SnapshotterMaker> {
 protected:
  using Layers = std::vector<oci::Digest>;

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    snapshots_ = GetParam().make(root_);
  }

  std::string directory(const std::string& name) {
    const std::string made = root_.tmp() + "/" + name;
    sys::make_dirs(made);
    return made;
  }
  static oci::Digest id(const std::string& name) { return oci::Sha256::of(name); }

  // A committed layer: what `change` did to a snapshot of `below`.
  oci::Digest commit(const std::string& name, const Layers& below, const std::function<void(const sys::Fd&)>& change) {
    const std::string at = directory("make-" + name);
    {
      const sys::Fd view = mount_snapshot(snapshots_->prepare(at, below));
      change(view);
    }
    snapshots_->commit(at, id(name));
    snapshots_->remove(at);
    return id(name);
  }
  oci::Digest base() {
    return commit("base", {}, [](const sys::Fd& view) {
      sys::make_dirs(path_in(view, "dir/sub"), 0755);
      sys::write_file(path_in(view, "dir/old"), "old", 0644);
      sys::write_file(path_in(view, "gone"), "gone", 0644);
      sys::write_file(path_in(view, "kept"), "kept", 0644);
    });
  }
  sys::Fd view_of(const std::string& name, const Layers& layers) {
    return mount_snapshot(snapshots_->prepare(directory(name), layers));
  }
  static std::string content(const sys::Fd& view, const std::string& name) {
    return sys::read_file(path_in(view, name));
  }

  std::unique_ptr<Snapshotter> snapshots_;
};

}  // namespace minibox::store
