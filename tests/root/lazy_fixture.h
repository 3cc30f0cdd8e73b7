// Layers shown by minibox-lazy through the kernel's FUSE, in a mount namespace of the test's own. Needs root, and Linux
// 6.12 or later.
#pragma once

#include <sched.h>
#include <sys/utsname.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "lazy/server_process.h"
#include "store/layer_indexer.h"
#include "store/overlay_snapshotter.h"
#include "store/store_fixture.h"
#include "sys/mount.h"

namespace minibox::lazy {

inline constexpr mode_t kFile = S_IFREG | 0644;
inline constexpr mode_t kDir = S_IFDIR | 0755;

class LazyTest : public store::StoreTest {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0) sys::make_private_recursive();
  }
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    if (!kernel_is_at_least(6, 12)) GTEST_SKIP() << "id-mapped FUSE mounts need Linux 6.12";
  }
  void TearDown() override {
    for (const std::string& point : sys::mount_points_below(root_.lazy())) sys::unmount(point);
    if (server_.valid()) EXPECT_EQ(server_.try_reap(true), 0) << "it ends with its last mount";
  }

  static bool kernel_is_at_least(int major, int minor) {
    utsname kernel{};
    ::uname(&kernel);
    std::istringstream release(kernel.release);
    int first = 0;
    int second = 0;
    char dot = 0;
    release >> first >> dot >> second;
    return first > major || (first == major && second >= minor);
  }

  // A layer of what `fill` adds, stored with its index.
  LayerConfig store_layer(const std::function<void(store::TarWriter&)>& fill) {
    const std::string archive = tar(fill);
    const oci::Descriptor blob = blobs_.put(gzip(archive), oci::kGzipLayerMediaType);
    const store::IndexAttempt attempt = store::make_layer_index(blobs_.open(blob.digest), blob.digest);
    EXPECT_TRUE(attempt.index.has_value()) << attempt.why_not;
    return {blob, attempt.index->diff_id, put_index(*attempt.index)};
  }
  oci::Digest put_index(const store::LayerIndex& index) {
    return blobs_.put(index.print(), store::kLayerIndexMediaType).digest;
  }
  void serve(const std::vector<LayerConfig>& layers) {
    server_ = start_server(MINIBOX_LAZY, {root_.path(), layers, "", "", {}, {}}, sys::duplicate_stderr());
  }
  std::string lazy(const LayerConfig& layer, const std::string& path = "") {
    return root_.lazy_layer(layer.diff_id, layer.index) + path;
  }
  void unpack(const LayerConfig& layer) {
    snapshots_.add_layer(layer.diff_id, [&](const std::string& at) {
      store::unpack_layer(blobs_.open(layer.blob.digest), layer.diff_id, at);
    });
  }

  store::OverlaySnapshotter snapshots_{root_};
  sys::Child server_;
};

}  // namespace minibox::lazy
