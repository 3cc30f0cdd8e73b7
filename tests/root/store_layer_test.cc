// Layers through a real overlay file system: what a container changes, packed and unpacked, is what the next one sees.
// Needs root for whiteouts, devices, trusted attributes and mounts (detached ones, seen by nobody).
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "snapshot_mount.h"
#include "store/embedded/embedded_busybox.h"
#include "store/image_store.h"
#include "store/overlay_snapshotter.h"
#include "store/store_fixture.h"
#include "sys/attributes.h"
#include "sys/entry.h"

namespace minibox::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr mode_t kFile = S_IFREG | 0644;
constexpr mode_t kDir = S_IFDIR | 0755;

class StoreLayerTest : public StoreTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  }

  std::string directory(const std::string& name) {
    const std::string made = root_.tmp() + "/" + name;
    sys::make_dirs(made);
    return made;
  }
  oci::Digest base_layer() {
    const oci::Digest diff_id = oci::Sha256::of("base");
    snapshots_.add_layer(diff_id, [](const std::string& at) {
      sys::make_dirs(at + "/dir/sub", 0755);
      sys::write_file(at + "/dir/old", "old", 0644);
      sys::write_file(at + "/gone", "gone", 0644);
      sys::write_file(at + "/kept", "kept", 0644);
    });
    return diff_id;
  }

  OverlaySnapshotter snapshots_{root_};
};

TEST_F(StoreLayerTest, ChangesOnAnOverlaySurvivePackingAndUnpacking) {
  const oci::Digest base = base_layer();
  const std::string work = directory("first");
  {
    const sys::Fd view = mount_snapshot(snapshots_.prepare(work, {base}));
    sys::remove_file(path_in(view, "gone"));
    sys::remove_tree(path_in(view, "dir"));
    sys::make_dir(path_in(view, "dir"), 0755);
    sys::write_file(path_in(view, "dir/new"), "new", 0644);
  }
  const Layer layer = write_layer(blobs_, work + "/upper");
  snapshots_.add_layer(layer.diff_id,
                       [&](const std::string& at) { unpack_layer(blobs_.open(layer.blob.digest), layer.diff_id, at); });
  const std::string second = directory("second");
  const sys::Fd view = mount_snapshot(snapshots_.prepare(second, {base, layer.diff_id}));
  EXPECT_FALSE(sys::exists(path_in(view, "gone")));
  EXPECT_EQ(sys::read_file(path_in(view, "kept")), "kept");
  EXPECT_THAT(sys::list_dir(path_in(view, "dir")), ElementsAre("new"));
}

TEST_F(StoreLayerTest, MarkersOfAnArchiveBecomeOverlaysOwn) {
  unpack_tar([](TarWriter& tar) {
    tar.add_file(entry(".wh.gone", kFile), "");
    tar.add(entry("opaque/", kDir));
    tar.add_file(entry("opaque/.wh..wh..opq", kFile), "");
    tar.add_file(entry("opaque/.wh..wh.plnk", kFile), "");
    tar.add_file(entry("implied/deep/.wh.x", kFile), "");
  });
  const struct stat gone = *sys::try_lstat(target() + "/gone");
  EXPECT_TRUE(S_ISCHR(gone.st_mode));
  EXPECT_EQ(gone.st_rdev, makedev(0, 0));
  EXPECT_EQ(sys::try_get_xattr(sys::open_dir(target() + "/opaque"), "trusted.overlay.opaque"), "y");
  EXPECT_TRUE(sys::list_dir(target() + "/opaque").empty());
  EXPECT_TRUE(S_ISCHR(sys::try_lstat(target() + "/implied/deep/x")->st_mode));
}

TEST_F(StoreLayerTest, AWhiteoutHidesOnlyWhatIsBelow) {
  unpack_tar([](TarWriter& tar) {
    tar.add_file(entry(".wh.file", kFile), "");
    tar.add_file(entry("file", kFile), "here");
    tar.add_file(entry("early", kFile), "here");
    tar.add_file(entry(".wh.early", kFile), "");
    tar.add_file(entry(".wh.dir", kFile), "");
    tar.add(entry("dir/", kDir));
    tar.add(entry("late/", kDir));
    tar.add_file(entry(".wh.late", kFile), "");
  });
  EXPECT_EQ(sys::read_file(target() + "/file"), "here");
  EXPECT_EQ(sys::read_file(target() + "/early"), "here");
  for (const char* name : {"/dir", "/late"}) {
    EXPECT_EQ(sys::try_get_xattr(sys::open_dir(target() + name), "trusted.overlay.opaque"), "y") << name;
  }
}

TEST_F(StoreLayerTest, WhatAWhiteoutHidesMayComeBackWithoutAnEntryOfItsOwn) {
  unpack_tar([](TarWriter& tar) {
    tar.add_file(entry(".wh.a", kFile), "");
    tar.add_file(entry("a/b/x", kFile), "new");
    tar.add_file(entry("c/.wh.d", kFile), "");
    tar.add_file(entry("c/d/x", kFile), "new");
  });
  for (const char* directory : {"/a", "/c/d"}) {
    const sys::Fd made = sys::open_dir(target() + directory);
    EXPECT_EQ(sys::try_get_xattr(made, "trusted.overlay.opaque"), "y") << directory;
    EXPECT_EQ(sys::stat_of(made).st_mode & 07777, 0755u);
  }
  EXPECT_EQ(sys::read_file(target() + "/a/b/x"), "new");
  EXPECT_EQ(sys::read_file(target() + "/c/d/x"), "new");
  EXPECT_THAT(sys::list_xattrs(sys::open_dir(target() + "/a/b")), testing::IsEmpty());
}

TEST_F(StoreLayerTest, AFileIsNoDirectoryForLaterEntries) {
  EXPECT_THAT(unpack_error([](TarWriter& tar) {
                tar.add_file(entry("a", kFile), "");
                tar.add_file(entry("a/x", kFile), "");
              }),
              HasSubstr("ENOTDIR"));
}

TEST_F(StoreLayerTest, AnOpaqueRootHidesAllLayersBelow) {
  const oci::Digest base = base_layer();
  const std::string bytes = tar([](TarWriter& writer) {
    writer.add_file(entry(".wh..wh..opq", kFile), "");
    writer.add_file(entry("own", kFile), "own");
  });
  const oci::Digest opaque = oci::Sha256::of(bytes);
  const oci::Descriptor blob = blobs_.put(bytes, oci::kGzipLayerMediaType);
  snapshots_.add_layer(opaque, [&](const std::string& at) { unpack_layer(blobs_.open(blob.digest), opaque, at); });
  const sys::Fd view = mount_snapshot(snapshots_.prepare(directory("view"), {base, opaque}));
  EXPECT_EQ(sys::read_file(path_in(view, "own")), "own");
  EXPECT_FALSE(sys::exists(path_in(view, "kept")));
  EXPECT_TRUE(sys::exists(path_in(view, "etc"))) << "the mount points stay";
}

TEST_F(StoreLayerTest, TheRootsAttributesGoFromLayerToLayer) {
  const std::string work = directory("first");
  {
    const sys::Fd view = mount_snapshot(snapshots_.prepare(work, {base_layer()}));
    sys::set_file_attributes(sys::open_dir(path_in(view, "")), 7, 8, 0700, {1'000'000'000, 0});
  }
  const Layer layer = write_layer(blobs_, work + "/upper");
  snapshots_.add_layer(layer.diff_id,
                       [&](const std::string& at) { unpack_layer(blobs_.open(layer.blob.digest), layer.diff_id, at); });
  const struct stat root =
      sys::stat_of(mount_snapshot(snapshots_.prepare(directory("second"), {base_layer(), layer.diff_id})));
  EXPECT_EQ(root.st_mode & 07777, 0700u);
  EXPECT_EQ(root.st_uid, 7u);
  EXPECT_EQ(root.st_gid, 8u);
  EXPECT_EQ(root.st_mtim.tv_sec, 1'000'000'000);
}

TEST_F(StoreLayerTest, OwnersDevicesAndCapabilitiesAreKept) {
  vfs_cap_data capability{};
  capability.magic_etc = VFS_CAP_REVISION_2;
  capability.data[0].permitted = 1u << CAP_NET_RAW;
  const std::string value(reinterpret_cast<const char*>(&capability), XATTR_CAPS_SZ_2);
  const std::string upper = directory("upper");
  sys::write_file(upper + "/ping", "x", 0755);
  const sys::Fd ping = sys::open_file(upper + "/ping", O_RDONLY);
  sys::set_file_attributes(ping, 1000, 3'000'000, 0755, {1'000'000'000, 0});
  sys::set_xattr(ping, "security.capability", value);
  sys::set_xattr(ping, "trusted.overlay.origin", "x");
  sys::make_device_entry(sys::open_dir(upper), "null", S_IFCHR | 0666, makedev(1, 3));
  sys::make_device_entry(sys::open_dir(upper), "whiteout", S_IFCHR, makedev(0, 0));

  const Layer layer = write_layer(blobs_, upper);
  unpack_layer(blobs_.open(layer.blob.digest), layer.diff_id, target());
  const sys::Fd unpacked = sys::open_file(target() + "/ping", O_RDONLY);
  EXPECT_EQ(sys::stat_of(unpacked).st_uid, 1000u);
  EXPECT_EQ(sys::stat_of(unpacked).st_gid, 3'000'000u);
  EXPECT_THAT(sys::list_xattrs(unpacked), ElementsAre("security.capability"));
  EXPECT_EQ(sys::try_get_xattr(unpacked, "security.capability"), value);
  EXPECT_EQ(sys::try_lstat(target() + "/null")->st_rdev, makedev(1, 3));
  EXPECT_EQ(sys::try_lstat(target() + "/whiteout")->st_rdev, makedev(0, 0));
}

TEST_F(StoreLayerTest, ALayerThatNeedsOtherMountOptionsIsRefused) {
  const std::string upper = directory("upper");
  sys::make_dir(upper + "/moved");
  sys::set_xattr(sys::open_dir(upper + "/moved"), "trusted.overlay.redirect", "/elsewhere");
  try {
    write_layer(blobs_, upper);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.text(), HasSubstr("'moved/' has the overlay attribute 'trusted.overlay.redirect'"));
  }
}

TEST_F(StoreLayerTest, OverlayAttributesOfAHostileArchiveAreDropped) {
  unpack_tar([](TarWriter& tar) {
    TarEntry dir = entry("d", kDir);
    dir.xattrs = {{"trusted.overlay.redirect", "/etc"}, {"trusted.overlay.opaque", "y"}, {"trusted.other", "1"}};
    tar.add(dir);
  });
  EXPECT_TRUE(sys::list_xattrs(sys::open_dir(target() + "/d")).empty());
}

TEST_F(StoreLayerTest, TheEmbeddedBusyboxIsReadyToRun) {
  ImageStore images(root_, snapshots_);
  images.ensure_embedded("busybox", embedded_busybox_image());
  const ImagePointer image = images.resolve("busybox:latest");
  ASSERT_TRUE(image);
  EXPECT_THAT(image->config.config.cmd, ElementsAre("sh"));
  ASSERT_EQ(image->config.config.env.size(), 1u);
  EXPECT_TRUE(image->config.config.env[0].starts_with("PATH="));
  const sys::Fd view = mount_snapshot(snapshots_.prepare(directory("run"), image->diff_ids));
  EXPECT_EQ(sys::try_lstat(path_in(view, "bin/busybox"))->st_mode, S_IFREG | 0755u);
  for (const char* applet : {"bin/sh", "usr/bin/env", "sbin/init", "usr/sbin/httpd"}) {
    EXPECT_TRUE(S_ISLNK(sys::try_lstat(path_in(view, applet))->st_mode)) << applet;
  }
  EXPECT_EQ(sys::try_lstat(path_in(view, "tmp"))->st_mode & 07777, 01777u);
  EXPECT_EQ(sys::try_lstat(path_in(view, "root"))->st_mode & 07777, 0700u);
  EXPECT_THAT(sys::read_file(path_in(view, "etc/passwd")), HasSubstr("nobody:x:65534:65534:"));
}

}  // namespace
}  // namespace minibox::store
