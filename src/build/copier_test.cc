#include "build/copier.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "build/context.h"
#include "build/tree_fixture.h"

namespace minibox::build {
namespace {

class CopierTest : public TreeTest {
 protected:
  CopyTarget target(const std::string& destination) const { return {"/app", destination, ::geteuid(), ::getegid()}; }
  void copy(const std::string& source, const std::string& destination) const {
    const Context from = Context::open(context(), {"/tmp"});
    copy_tree(from.source(source), {sys::RootDir::open(root())}, target(destination));
  }
  std::string copy_error(const std::string& source, const std::string& destination) const {
    return error_of([&] { copy(source, destination); });
  }
};

TEST_F(CopierTest, FileTakesTheNewNameOrGoesIntoTheDirectory) {
  write("context/f", "text");
  copy("f", "/opt/g");
  EXPECT_EQ(read("root/opt/g"), "text");
  copy("f", "/opt/dir/");
  EXPECT_EQ(read("root/opt/dir/f"), "text");
  copy("f", "/opt/dir");
  copy("f", "/opt");
  EXPECT_EQ(read("root/opt/f"), "text");
  copy("f", "h");
  EXPECT_EQ(read("root/app/h"), "text");
  copy("f", ".");
  EXPECT_EQ(read("root/app/f"), "text");
  copy("f", "/");
  EXPECT_EQ(read("root/f"), "text");
}

TEST_F(CopierTest, DirectoryGivesItsContent) {
  write("context/d/a/b", "1");
  write("context/d/c", "2");
  copy("d", "new/place");
  EXPECT_EQ(read("root/app/new/place/a/b"), "1");
  EXPECT_EQ(read("root/app/new/place/c"), "2");
  copy(".", "/all");
  EXPECT_EQ(read("root/all/d/c"), "2");
  EXPECT_EQ(info("root/all").st_mode & 07777, 0755u);
}

TEST_F(CopierTest, KeepsModesTimesLinksAndFifos) {
  write("context/d/sub/exe", "x", 04755);
  link("/etc/passwd", "context/d/abs");
  ASSERT_EQ(::link(at("context/d/sub/exe").c_str(), at("context/d/twin").c_str()), 0);
  ASSERT_EQ(::mkfifo(at("context/d/pipe").c_str(), 0620), 0);
  ASSERT_EQ(::chmod(at("context/d/pipe").c_str(), 0620), 0);  // mkfifo obeys the umask
  make_dir("context/d/sub", 01777);
  const timespec times[2] = {{1000, 5}, {2000, 7}};
  ASSERT_EQ(::utimensat(AT_FDCWD, at("context/d/sub/exe").c_str(), times, 0), 0);
  ASSERT_EQ(::utimensat(AT_FDCWD, at("context/d/sub").c_str(), times, 0), 0);
  ASSERT_EQ(::utimensat(AT_FDCWD, at("context/d/abs").c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  copy("d", "/t");
  EXPECT_EQ(info("root/t/sub/exe").st_mode & 07777, 04755u);
  EXPECT_EQ(info("root/t/sub/exe").st_mtim.tv_nsec, 7);
  EXPECT_EQ(info("root/t/sub/exe").st_ino, info("root/t/twin").st_ino);
  EXPECT_EQ(info("root/t/sub").st_mode & 07777, 01777u);
  EXPECT_EQ(info("root/t/sub").st_mtim.tv_sec, 2000);
  EXPECT_EQ(link_target("root/t/abs"), "/etc/passwd");
  EXPECT_EQ(info("root/t/abs").st_mtim.tv_sec, 2000);
  EXPECT_TRUE(S_ISFIFO(info("root/t/pipe").st_mode));
  EXPECT_EQ(info("root/t/pipe").st_mode & 07777, 0620u);
}

TEST_F(CopierTest, SymlinksOfTheRootStayInside) {
  write("context/f", "text");
  write("context/d/etc/f", "text");
  link(outside(), "root/abs");
  link("../../outside", "root/rel");
  link("../../../../../outside/secret", "root/file");
  EXPECT_NE(copy_error("f", "/abs/x"), "");
  copy_error("f", "/rel/x");
  copy_error("f", "../../../outside/x");
  EXPECT_EQ(sys::list_dir(outside()), std::vector<std::string>{"secret"});
  copy("f", "/file");  // replaces the symlink
  EXPECT_EQ(read("root/file"), "text");
  EXPECT_EQ(read("outside/secret"), "secret");
  link(outside(), "root/etc");
  copy_error("d", "/");
  EXPECT_EQ(sys::list_dir(outside()), std::vector<std::string>{"secret"});
}

TEST_F(CopierTest, FollowsDirectorySymlinksOfTheRoot) {
  write("context/d/bin/tool", "text");
  make_dir("root/usr/bin", 0711);
  link("/usr/bin", "root/bin");
  copy("d", "/");
  EXPECT_EQ(read("root/usr/bin/tool"), "text");
  EXPECT_EQ(link_target("root/bin"), "/usr/bin");
  EXPECT_EQ(info("root/usr/bin").st_mode & 07777, 0711u);
}

TEST_F(CopierTest, SymlinkOfTheContextIsCopiedNotFollowed) {
  link(outside() + "/secret", "context/l");
  copy("l", "/x");
  EXPECT_EQ(link_target("root/x"), outside() + "/secret");
}

TEST_F(CopierTest, ReplacesFilesButNotAcrossTypes) {
  write("context/f", "new");
  write("context/d/sub/x", "new");
  write("root/f", "old", 0600);
  write("root/sub", "old");
  make_dir("root/g/f");
  copy("f", "/f");
  EXPECT_EQ(read("root/f"), "new");
  EXPECT_EQ(copy_error("d", "/"), "conflict '/sub' is in the way of a directory");
  EXPECT_EQ(copy_error("f", "/g"), "conflict directory '/g/f' is in the way of a file");
  EXPECT_EQ(copy_error("f", "/f/x"), "conflict destination '/f' passes through something that is no directory");
  EXPECT_EQ(copy_error("d", "/f"), "conflict destination '/f' passes through something that is no directory");
}

TEST_F(CopierTest, LeavesOutWhatIsIgnored) {
  write("context/.miniboxignore", "*.log\nskip\n");
  write("context/a.log", "1");
  write("context/d/skip/x", "1");
  write("context/d/keep", "1");
  copy(".", "/t");
  EXPECT_FALSE(exists("root/t/a.log"));
  EXPECT_FALSE(exists("root/t/d/skip"));
  EXPECT_TRUE(exists("root/t/d/keep"));
}

TEST_F(CopierTest, CopyFromResolvesInsideItsRoot) {
  write("context/usr/lib/f", "text");
  link("/usr/lib", "context/lib");
  const sys::RootDir from = sys::RootDir::open(context());
  const sys::RootDir to = sys::RootDir::open(root());
  copy_tree(open_tree_source(from, "/lib/f"), {to}, target("/a"));
  EXPECT_EQ(read("root/a"), "text");
  copy_tree(open_tree_source(from, "../../usr"), {to}, target("/u"));
  EXPECT_EQ(read("root/u/lib/f"), "text");
  copy_tree(open_tree_source(from, "/"), {to}, target("/all"));
  EXPECT_EQ(link_target("root/all/lib"), "/usr/lib");
  EXPECT_EQ(error_of([&] { copy_tree(open_tree_source(from, "/lib/gone"), {to}, target("/x")); }),
            "not_found fstatat('gone'): No such file or directory (ENOENT)");
}

TEST_F(CopierTest, CopiesLargeFilesAndStopsWhenAsked) {
  const std::string big(20u << 20, 'x');
  write("context/d/big", big);
  copy("d", "/t");
  EXPECT_EQ(read("root/t/big"), big);
  std::stop_source source;
  source.request_stop();
  const Context from = Context::open(context(), {"/tmp"});
  EXPECT_EQ(
      error_of([&] { copy_tree(from.source("d"), {sys::RootDir::open(root())}, target("/u"), source.get_token()); }),
      "cancelled cancelled");
}

}  // namespace
}  // namespace minibox::build
