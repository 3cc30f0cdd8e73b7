#include "store/overlay_snapshotter.h"

#include "store/store_fixture.h"
#include "sys/attributes.h"
#include "sys/entry.h"

namespace minibox::store {
namespace {

using testing::ElementsAre;

class SnapshotterTest : public StoreTest {
 protected:
  SnapshotterTest() { sys::make_dir(directory_); }
  oci::Digest layer(char digit, const std::string& file) {
    const oci::Digest diff_id = oci::Digest::from_hex(std::string(64, digit));
    snapshots_.add_layer(diff_id, [&](const std::string& path) { sys::write_file(path + "/" + file, file); });
    return diff_id;
  }

  OverlaySnapshotter snapshots_{root_};
  std::string directory_ = root_.containers() + "/0123abcd";
};

TEST_F(SnapshotterTest, PrepareSaysHowToMountTopLayerFirst) {
  const oci::Digest bottom = layer('1', "bottom");
  const oci::Digest top = layer('2', "top");
  const std::vector<oci::Mount> mounts = snapshots_.prepare(directory_, {bottom, top});
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].destination, "/");
  EXPECT_EQ(mounts[0].type, "overlay");
  EXPECT_EQ(mounts[0].source, "overlay");
  EXPECT_THAT(
      mounts[0].options,
      ElementsAre("lowerdir+=" + root_.extracted_layer(top), "lowerdir+=" + root_.extracted_layer(bottom),
                  "lowerdir+=" + root_.mount_points_layer(), "upperdir=" + directory_ + "/upper",
                  "workdir=" + directory_ + "/work", "volatile", "redirect_dir=off", "index=off", "metacopy=off"));
  EXPECT_EQ(sys::try_lstat(directory_ + "/upper")->st_mode & 07777, 0755u);
  EXPECT_EQ(snapshots_.resume(directory_, {bottom, top}), mounts);
}

TEST_F(SnapshotterTest, TheMountPointsLieBelowEveryImage) {
  EXPECT_EQ(snapshots_.prepare(directory_, {})[0].options[0], "lowerdir+=" + root_.mount_points_layer());
}

TEST_F(SnapshotterTest, ALayerThatIsTwiceInAnImageIsMountedOnce) {
  const oci::Digest a = layer('1', "a");
  const oci::Digest b = layer('2', "b");
  const std::vector<std::string> options = snapshots_.mounts(directory_, {a, b, a})[0].options;
  EXPECT_EQ(options[0], "lowerdir+=" + root_.extracted_layer(a));
  EXPECT_EQ(options[1], "lowerdir+=" + root_.extracted_layer(b));
  EXPECT_EQ(options[2], "lowerdir+=" + root_.mount_points_layer());
  EXPECT_TRUE(options[3].starts_with("upperdir="));
}

TEST_F(SnapshotterTest, TheWritableRootLooksLikeTheTopmostLayers) {
  const timespec time{1'000'000'000, 5};
  const oci::Digest bottom = layer('1', "bottom");
  const oci::Digest top = oci::Digest::from_hex(std::string(64, '2'));
  snapshots_.add_layer(top, [&](const std::string& path) {
    const sys::Fd dir = sys::open_dir(path);
    sys::set_xattr(dir, "user.note", "kept");
    sys::set_file_attributes(dir, ::geteuid(), ::getegid(), 0700, time);
  });
  snapshots_.prepare(directory_, {bottom, top});
  const sys::Fd upper = sys::open_dir(directory_ + "/upper");
  EXPECT_EQ(sys::stat_of(upper).st_mode & 07777, 0700u);
  EXPECT_EQ(sys::stat_of(upper).st_mtim.tv_sec, time.tv_sec);
  EXPECT_EQ(sys::try_get_xattr(upper, "user.note"), "kept");
}

TEST_F(SnapshotterTest, AMissingLayerIsFoundOutBeforeAnythingIsMade) {
  EXPECT_THROW(snapshots_.prepare(directory_, {oci::Digest::from_hex(std::string(64, '9'))}), Error);
  EXPECT_TRUE(sys::list_dir(directory_).empty());
}

TEST_F(SnapshotterTest, ResumeClearsTheVolatileMark) {
  snapshots_.prepare(directory_, {});
  sys::make_dirs(directory_ + "/work/work/incompat/volatile");
  sys::write_file(directory_ + "/upper/kept", "");
  snapshots_.resume(directory_, {});
  EXPECT_FALSE(sys::exists(directory_ + "/work/work/incompat"));
  EXPECT_TRUE(sys::exists(directory_ + "/upper/kept"));
}

TEST_F(SnapshotterTest, CommitMakesALayerOfTheChanges) {
  const oci::Digest diff_id = oci::Digest::from_hex(std::string(64, '3'));
  snapshots_.prepare(directory_, {});
  sys::write_file(directory_ + "/upper/new", "x");
  EXPECT_FALSE(snapshots_.has(diff_id));
  snapshots_.commit(directory_, diff_id);
  EXPECT_TRUE(snapshots_.has(diff_id));
  EXPECT_EQ(sys::read_file(root_.extracted_layer(diff_id) + "/new"), "x");
  EXPECT_FALSE(sys::exists(directory_ + "/upper"));
  snapshots_.remove(directory_);
  snapshots_.remove(directory_);
  EXPECT_TRUE(sys::list_dir(directory_).empty());
}

TEST_F(SnapshotterTest, CommitOfAKnownLayerKeepsTheFirst) {
  const oci::Digest diff_id = layer('1', "first");
  snapshots_.prepare(directory_, {});
  sys::write_file(directory_ + "/upper/second", "x");
  snapshots_.commit(directory_, diff_id);
  EXPECT_THAT(sys::list_dir(root_.extracted_layer(diff_id)), ElementsAre("first"));
  EXPECT_FALSE(sys::exists(directory_ + "/upper"));
}

TEST_F(SnapshotterTest, AFailedLayerIsNeverSeen) {
  const oci::Digest diff_id = oci::Digest::from_hex(std::string(64, '4'));
  const auto fail = [](const std::string& path) {
    sys::write_file(path + "/half", "");
    throw Error(ErrorKind::kCorrupt, "damaged");
  };
  EXPECT_THROW(snapshots_.add_layer(diff_id, fail), Error);
  EXPECT_FALSE(snapshots_.has(diff_id));
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

TEST_F(SnapshotterTest, RemovedLayersAreForgotten) {
  const oci::Digest diff_id = layer('1', "f");
  ASSERT_TRUE(snapshots_.has(diff_id));
  const std::string aside = snapshots_.detach_layer(diff_id);
  EXPECT_TRUE(aside.starts_with(root_.tmp() + "/"));
  EXPECT_EQ(sys::read_file(aside + "/f"), "f");
  EXPECT_EQ(snapshots_.detach_layer(diff_id), "");
  EXPECT_FALSE(snapshots_.has(diff_id));
}

// A layer that is written out behind the back of who made it.
class LateSyncTest : public SnapshotterTest {
 protected:
  LateSyncTest() {
    snapshots_.sync_later([this](std::function<void()> job) { jobs_.push_back(std::move(job)); });
  }
  std::optional<std::string> mark(const oci::Digest& diff_id) const {
    return sys::try_get_xattr(sys::open_dir(root_.extracted_layer(diff_id)), kMark);
  }

  static constexpr const char* kMark = "trusted.minibox.unsynced";
  std::vector<std::function<void()>> jobs_;
};

TEST_F(LateSyncTest, ALayerIsMarkedUntilItIsOnTheDisk) {
  const oci::Digest diff_id = layer('1', "file");
  EXPECT_TRUE(snapshots_.has(diff_id));
  EXPECT_TRUE(mark(diff_id));
  ASSERT_EQ(jobs_.size(), 1u);
  jobs_[0]();
  EXPECT_FALSE(mark(diff_id));
}

TEST_F(LateSyncTest, ALayerThatWasRemovedMeanwhileIsNoError) {
  const oci::Digest diff_id = layer('1', "file");
  sys::remove_tree(snapshots_.detach_layer(diff_id));
  jobs_.at(0)();
}

TEST_F(LateSyncTest, WhatAPowerCutMayHaveTornIsRemoved) {
  const oci::Digest torn = layer('1', "file"), whole = layer('2', "file"), killed = layer('3', "file");
  jobs_.at(1)();
  sys::set_xattr(sys::open_dir(root_.extracted_layer(torn)), kMark, "another boot");
  OverlaySnapshotter next(root_);
  EXPECT_EQ(next.settle_layers(), 1u);
  EXPECT_FALSE(next.has(torn));
  EXPECT_TRUE(next.has(whole));
  EXPECT_TRUE(next.has(killed));  // of a daemon that was killed: the machine went on
  EXPECT_FALSE(mark(killed));
}

}  // namespace
}  // namespace minibox::store
