#include "sys/root_dir.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

class RootDirTest : public ::testing::Test {
 protected:
  RootDirTest() : outside_("/tmp", "minibox-unit."), root_path_(outside_.path() + "/root") {
    make_dir(root_path_, 0755);
    write_file(outside_.path() + "/secret", "outside");
  }
  void link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(::symlink(target.c_str(), (root_path_ + "/" + name).c_str()), 0);
  }
  TempDir outside_;
  std::string root_path_;
};

TEST_F(RootDirTest, DotDotAndAbsoluteLinksStayInside) {
  link("../../../../../../../../.." + outside_.path() + "/secret", "up");
  link(outside_.path() + "/secret", "absolute");
  const RootDir root = RootDir::open(root_path_);
  EXPECT_FALSE(root.try_open_beneath("up", O_RDONLY));
  EXPECT_FALSE(root.try_open_beneath("absolute", O_RDONLY));
  EXPECT_FALSE(root.try_open_beneath("../secret", O_RDONLY));
}

TEST_F(RootDirTest, MadeDirectoriesStayInsideEvenThroughALink) {
  link("/escape", "dir");
  const RootDir root = RootDir::open(root_path_);
  EXPECT_THROW(root.make_dirs_beneath("dir/sub", 0755, ::getuid(), ::getgid()), Error);
  EXPECT_FALSE(exists("/escape"));
  root.make_dirs_beneath("a/b/c", 0750, ::getuid(), ::getgid());
  EXPECT_EQ(try_lstat(root_path_ + "/a/b/c")->st_mode & 07777, 0750u);
}

TEST_F(RootDirTest, MagicLinksAreRefused) {
  const RootDir proc = RootDir::open("/proc/self");
  EXPECT_THROW(proc.open_beneath("root/etc/passwd", O_RDONLY), Error);
}

TEST(File, ReplaceKeepsTheOldContentOnFailureAndLeavesNoTemporary) {
  const TempDir dir("/tmp", "minibox-unit.");
  replace_file(dir.path() + "/f", "one");
  replace_file(dir.path() + "/f", "two");
  EXPECT_EQ(read_file(dir.path() + "/f"), "two");
  EXPECT_EQ(list_dir(dir.path()), std::vector<std::string>{"f"});
  EXPECT_THROW(replace_file(dir.path() + "/missing/f", "x"), Error);
}

TEST(File, RemoveTreeDoesNotFollowLinks) {
  const TempDir dir("/tmp", "minibox-unit.");
  write_file(dir.path() + "/keep", "kept");
  make_dirs(dir.path() + "/tree/sub");
  ASSERT_EQ(::symlink("../../keep", (dir.path() + "/tree/sub/link").c_str()), 0);
  remove_tree(dir.path() + "/tree");
  EXPECT_FALSE(exists(dir.path() + "/tree"));
  EXPECT_EQ(read_file(dir.path() + "/keep"), "kept");
  EXPECT_NO_THROW(remove_tree(dir.path() + "/tree"));
}

// A container can make this; removing it must not use up the daemon's stack or descriptors.
TEST(File, RemoveTreeTakesTreesOfAnyDepth) {
  const TempDir dir("/tmp", "minibox-unit.");
  Fd current = open_dir(dir.path());
  for (int depth = 0; depth < 5000; ++depth) {
    ASSERT_EQ(::mkdirat(current.get(), "d", 0700), 0);
    write_all(open_file_at(current, "f", O_WRONLY | O_CREAT), "x", "f");
    current = open_file_at(current, "d", O_RDONLY | O_DIRECTORY);
  }
  current.reset();
  remove_tree(dir.path() + "/d");
  EXPECT_EQ(list_dir(dir.path()), std::vector<std::string>{"f"});
}

TEST(File, ReadRefusesMoreThanTheLimit) {
  const TempDir dir("/tmp", "minibox-unit.");
  write_file(dir.path() + "/f", "12345");
  EXPECT_THROW(read_file(dir.path() + "/f", 4), Error);
}

}  // namespace
}  // namespace minibox::sys
