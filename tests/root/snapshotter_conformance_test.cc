#include "snapshotter_conformance.h"

#include <thread>

#include "store/overlay_snapshotter.h"
#include "sys/attributes.h"
#include "sys/entry.h"

namespace minibox::store {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

TEST_P(SnapshotterConformance, ACommittedLayerIsThereAndNoOther) {
  EXPECT_FALSE(snapshots_->has(id("base")));
  const oci::Digest layer = base();
  EXPECT_TRUE(snapshots_->has(layer));
  EXPECT_FALSE(snapshots_->has(id("another")));
}

TEST_P(SnapshotterConformance, WithoutLayersThereIsAnEmptyWritableRoot) {
  const sys::Fd view = view_of("empty", {});
  sys::write_file(path_in(view, "file"), "content");
  EXPECT_EQ(content(view, "file"), "content");
  EXPECT_EQ(sys::stat_of(view).st_mode & 07777, 0755u);
}

TEST_P(SnapshotterConformance, AMissingLayerIsNotFoundBeforeAnythingIsMade) {
  const std::string at = directory("missing");
  try {
    snapshots_->prepare(at, {base(), id("missing")});
    FAIL() << "prepared";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound) << error.text();
  }
  EXPECT_TRUE(sys::list_dir(at).empty());
}

TEST_P(SnapshotterConformance, TheUpperLayerWins) {
  const oci::Digest bottom = base();
  const oci::Digest top = commit("top", {bottom}, [](const sys::Fd& view) {
    sys::write_file(path_in(view, "kept"), "changed");
    sys::write_file(path_in(view, "dir/new"), "new");
  });
  const sys::Fd view = view_of("both", {bottom, top});
  EXPECT_EQ(content(view, "kept"), "changed");
  EXPECT_EQ(content(view, "gone"), "gone");
  EXPECT_THAT(sys::list_dir(path_in(view, "dir")), testing::UnorderedElementsAre("new", "old", "sub"));
}

TEST_P(SnapshotterConformance, WhatIsRemovedOrReplacedInALayerStaysSo) {
  const oci::Digest bottom = base();
  const oci::Digest top = commit("top", {bottom}, [](const sys::Fd& view) {
    sys::remove_file(path_in(view, "gone"));
    sys::remove_tree(path_in(view, "dir"));
    sys::make_dir(path_in(view, "dir"), 0755);
    sys::write_file(path_in(view, "dir/new"), "new");
    sys::remove_file(path_in(view, "kept"));
    sys::make_dir(path_in(view, "kept"), 0755);
  });
  const sys::Fd view = view_of("both", {bottom, top});
  EXPECT_FALSE(sys::exists(path_in(view, "gone")));
  EXPECT_THAT(sys::list_dir(path_in(view, "dir")), ElementsAre("new"));
  EXPECT_TRUE(sys::list_dir(path_in(view, "kept")).empty());
}

TEST_P(SnapshotterConformance, AttributesLinksAndHolesAreKept) {
  const timespec time{1'000'000'000, 0};
  const std::string long_name(255, 'n');
  const oci::Digest layer = commit("odd", {}, [&](const sys::Fd& view) {
    sys::write_file(path_in(view, "file"), "content");
    const sys::Fd file = sys::open_file(path_in(view, "file"), O_RDWR);
    sys::set_xattr(file, "user.note", "kept");
    sys::set_file_attributes(file, 7, 8, 04711, time);
    ASSERT_EQ(::link(path_in(view, "file").c_str(), path_in(view, "second").c_str()), 0);
    ASSERT_EQ(::symlink("/nowhere/at all", path_in(view, "link").c_str()), 0);
    ASSERT_EQ(::mkfifo(path_in(view, "pipe").c_str(), 0600), 0);
    sys::write_file(path_in(view, long_name), "");
    ASSERT_EQ(::truncate(path_in(view, long_name).c_str(), 10 << 20), 0);
  });
  const sys::Fd view = view_of("look", {layer});
  const sys::Fd file = sys::open_file(path_in(view, "file"), O_RDONLY);
  const struct stat info = sys::stat_of(file);
  EXPECT_EQ(info.st_uid, 7u);
  EXPECT_EQ(info.st_gid, 8u);
  EXPECT_EQ(info.st_mode & 07777, 04711u);
  EXPECT_EQ(info.st_mtim.tv_sec, time.tv_sec);
  EXPECT_EQ(sys::try_get_xattr(file, "user.note"), "kept");
  EXPECT_EQ(sys::try_lstat(path_in(view, "second"))->st_ino, info.st_ino);
  EXPECT_EQ(sys::read_link_entry(view, "link"), "/nowhere/at all");
  EXPECT_TRUE(S_ISFIFO(sys::try_lstat(path_in(view, "pipe"))->st_mode));
  EXPECT_EQ(sys::try_lstat(path_in(view, long_name))->st_size, 10 << 20);
}

TEST_P(SnapshotterConformance, SnapshotsOfTheSameLayersDontSeeEachOther) {
  const oci::Digest layer = base();
  const sys::Fd one = view_of("one", {layer});
  const sys::Fd two = view_of("two", {layer});
  sys::write_file(path_in(one, "kept"), "mine");
  sys::remove_file(path_in(one, "gone"));
  sys::write_file(path_in(one, "dir/added"), "mine");
  EXPECT_EQ(content(two, "kept"), "kept");
  EXPECT_EQ(content(two, "gone"), "gone");
  EXPECT_THAT(sys::list_dir(path_in(two, "dir")), Not(Contains("added")));
  EXPECT_EQ(content(view_of("later", {layer}), "kept"), "kept");
}

TEST_P(SnapshotterConformance, ResumeGivesTheSameViewWithAllChanges) {
  const oci::Digest layer = base();
  const std::string at = directory("again");
  {
    const sys::Fd view = mount_snapshot(snapshots_->prepare(at, {layer}));
    sys::write_file(path_in(view, "kept"), "first");
    sys::remove_file(path_in(view, "gone"));
  }
  for (const std::string life : {"second", "third"}) {
    const sys::Fd view = mount_snapshot(snapshots_->resume(at, {layer}));
    EXPECT_EQ(content(view, "kept"), "first");
    EXPECT_FALSE(sys::exists(path_in(view, "gone"))) << life;
    sys::write_file(path_in(view, life), life);
  }
  EXPECT_EQ(content(mount_snapshot(snapshots_->resume(at, {layer})), "second"), "second");
}

TEST_P(SnapshotterConformance, PrepareInTwoStepsIsTheSame) {
  const oci::Digest layer = base();
  const std::string at = directory("steps");
  snapshots_->make_writable(at);
  snapshots_->adopt_root(at, {layer});
  const sys::Fd view = mount_snapshot(snapshots_->resume(at, {layer}));
  EXPECT_EQ(content(view, "kept"), "kept");
  sys::write_file(path_in(view, "kept"), "changed");
  EXPECT_EQ(content(view, "kept"), "changed");
}

TEST_P(SnapshotterConformance, TheRootHasTheTopmostLayersAttributes) {
  const auto with_root = [&](const std::string& name, mode_t mode, std::time_t time) {
    return commit(name, {}, [&](const sys::Fd& view) {
      const sys::Fd root = sys::open_dir(path_in(view, "."));
      sys::set_xattr(root, "user.from", name);
      sys::set_file_attributes(root, 11, 12, mode, {time, 0});
    });
  };
  const oci::Digest bottom = with_root("bottom", 0755, 1'000'000'000);
  const oci::Digest top = with_root("top", 01777, 1'100'000'000);
  const sys::Fd view = view_of("look", {bottom, top});
  const sys::Fd root = sys::open_dir(path_in(view, "."));
  EXPECT_EQ(sys::stat_of(root).st_mode & 07777, 01777u);
  EXPECT_EQ(sys::stat_of(root).st_uid, 11u);
  EXPECT_EQ(sys::stat_of(root).st_mtim.tv_sec, 1'100'000'000);
  EXPECT_EQ(sys::try_get_xattr(root, "user.from"), "top");
}

TEST_P(SnapshotterConformance, CommitOfAKnownLayerKeepsTheFirst) {
  const oci::Digest layer = base();
  commit("base", {layer}, [](const sys::Fd& view) { sys::write_file(path_in(view, "kept"), "another"); });
  EXPECT_EQ(content(view_of("look", {layer}), "kept"), "kept");
}

TEST_P(SnapshotterConformance, RemoveDropsTheChangesAndMayBeRepeated) {
  const oci::Digest layer = base();
  const std::string at = directory("dropped");
  sys::write_file(at + "/callers-own", "");
  {
    sys::write_file(path_in(mount_snapshot(snapshots_->prepare(at, {layer})), "mine"), "mine");
  }
  snapshots_->remove(at);
  snapshots_->remove(at);
  EXPECT_THAT(sys::list_dir(at), ElementsAre("callers-own"));
  const sys::Fd view = mount_snapshot(snapshots_->prepare(at, {layer}));
  EXPECT_FALSE(sys::exists(path_in(view, "mine")));
  EXPECT_EQ(content(view, "kept"), "kept");
}

TEST_P(SnapshotterConformance, ALayerMayBeInAnImageTwice) {
  const oci::Digest bottom = base();
  const oci::Digest top = commit("top", {bottom}, [](const sys::Fd& view) { sys::remove_file(path_in(view, "gone")); });
  EXPECT_EQ(content(view_of("twice", {bottom, top, bottom}), "gone"), "gone");
}

TEST_P(SnapshotterConformance, ManyLayersAreOneView) {
  Layers layers;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "layer-" + std::to_string(i);
    layers.push_back(commit(name, {}, [&](const sys::Fd& view) {
      sys::write_file(path_in(view, name), name);
      sys::write_file(path_in(view, "last"), name);
    }));
  }
  const sys::Fd view = view_of("all", layers);
  EXPECT_EQ(content(view, "layer-0"), "layer-0");
  EXPECT_EQ(content(view, "last"), "layer-99");
}

TEST_P(SnapshotterConformance, ThreadsDontDisturbEachOther) {
  const oci::Digest layer = base();
  std::vector<std::string> names{"a", "b", "c", "d"};
  std::vector<std::string> seen(names.size());
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < names.size(); ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 10; ++round) {
          const oci::Digest made = commit(names[i] + std::to_string(round), {layer}, [&](const sys::Fd& view) {
            sys::write_file(path_in(view, "kept"), names[i]);
          });
          seen[i] += content(view_of(names[i] + "-look" + std::to_string(round), {layer, made}), "kept");
        }
      });
    }
  }
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(seen[i], std::string(10, names[i][0]));
}

INSTANTIATE_TEST_SUITE_P(Overlay, SnapshotterConformance,
                         testing::Values(SnapshotterMaker{
                             "overlay",
                             [](const DataRoot& root) { return std::make_unique<OverlaySnapshotter>(root); }}),
                         [](const auto& info) { return info.param.name; });
// Layers get their names before they are on the disk, as in the daemon.
INSTANTIATE_TEST_SUITE_P(OverlaySyncedLater, SnapshotterConformance,
                         testing::Values(SnapshotterMaker{"overlay",
                                                          [](const DataRoot& root) {
                                                            auto made = std::make_unique<OverlaySnapshotter>(root);
                                                            made->sync_later([](std::function<void()> write_out) {
                                                              std::jthread(std::move(write_out)).join();
                                                            });
                                                            return made;
                                                          }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace minibox::store
