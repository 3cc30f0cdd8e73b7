#include "build/context.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <utime.h>

#include <cstring>
#include <set>

#include "base/text.h"
#include "build/planned_context.h"
#include "build/tree_fixture.h"

namespace minibox::build {
namespace {

class ContextTest : public TreeTest {
 protected:
  Context open() const { return Context::open(context(), {"/tmp"}); }
  std::string digest(const std::string& source = ".") const {
    const Context from = open();
    StatCache no_cache;
    return PlannedContext(from, no_cache, UINT64_MAX).digest(source, {});
  }
  std::string source_error(const std::string& source) const {
    return error_of([&] { open().source(source); });
  }
};

TEST_F(ContextTest, MustLieUnderAnAllowedPrefixWithSymlinksResolved) {
  const auto error = [&](const std::string& path, const std::vector<std::string>& prefixes) {
    return error_of([&] { Context::open(path, prefixes); });
  };
  EXPECT_EQ(error(context(), {"/nowhere", context()}), "no error");
  EXPECT_EQ(error("", {"/"}), "invalid invalid build context: empty path");
  EXPECT_EQ(error("context", {"/"}), "invalid invalid build context: path 'context' is not absolute");
  const std::string refused = "invalid invalid build context: build context path is not under an allowed prefix";
  EXPECT_EQ(error(context(), {root()}), refused);
  EXPECT_EQ(error(context(), {at("cont")}), refused);
  EXPECT_EQ(error(context() + "/../outside", {context()}), refused);
  link(outside(), "context/way-out");
  EXPECT_EQ(error(at("context/way-out"), {context()}), refused);
  link(context(), "alias");
  EXPECT_EQ(error(context(), {at("alias")}), "no error");
  write("context/file", "x");
  EXPECT_EQ(error(at("context/file"), {"/tmp"}), "invalid invalid build context: build context must be a directory");
  EXPECT_EQ(error(at("gone"), {"/tmp"}),
            "invalid invalid build context: open('" + at("gone") + "'): No such file or directory (ENOENT)");
}

TEST_F(ContextTest, PrefixEndsAtASlash) {
  EXPECT_TRUE(is_under_prefix("/srv/a", "/"));
  EXPECT_TRUE(is_under_prefix("/srv", "/srv"));
  EXPECT_FALSE(is_under_prefix("/srv2", "/srv"));
}

TEST_F(ContextTest, SourcesCannotLeaveIt) {
  link(outside(), "context/abs");
  link("../outside", "context/rel");
  make_dir("context/dir");
  write("context/dir/f", "x");
  link("dir", "context/inside");
  EXPECT_EQ(source_error("../outside/secret"),
            "invalid source '../outside/secret' has '..', which could leave the build context");
  EXPECT_EQ(source_error("dir/../dir"), "invalid source 'dir/../dir' has '..', which could leave the build context");
  EXPECT_EQ(source_error("/etc/passwd"), "invalid source '/etc/passwd' is not relative to the build context");
  EXPECT_EQ(source_error("abs/secret"),
            "invalid source 'abs/secret' leads outside the build context through a symlink");
  EXPECT_EQ(source_error("rel/secret"),
            "invalid source 'rel/secret' leads outside the build context through a symlink");
  EXPECT_EQ(source_error("gone"), "not_found source 'gone' is not in the build context");
  EXPECT_EQ(source_error("no/where"), "not_found source 'no/where' is not in the build context");
  EXPECT_EQ(source_error("dir/f/x"), "not_found source 'dir/f/x' is not in the build context");
  EXPECT_EQ(source_error("inside/f"), "no error");
  EXPECT_EQ(source_error("abs"), "no error");  // the symlink itself
}

TEST_F(ContextTest, DigestSeesNamesBytesModesAndSymlinkTargets) {
  write("context/a/f", "1");
  link("f", "context/a/l");
  std::set<std::string> digests = {digest()};
  write("context/a/f", "2");
  digests.insert(digest());
  write("context/a/f", "2", 0755);
  digests.insert(digest());
  make_dir("context/a", 0700);
  digests.insert(digest());
  sys::remove_file(at("context/a/l"));
  link("g", "context/a/l");
  digests.insert(digest());
  sys::rename_path(at("context/a/f"), at("context/a/g"));
  digests.insert(digest());
  make_dir("context/a/empty");
  digests.insert(digest());
  ::mkfifo(at("context/a/p").c_str(), 0600);
  digests.insert(digest());
  EXPECT_EQ(digests.size(), 8u);
}

TEST_F(ContextTest, DigestIgnoresTimesAndWhatIsOutsideTheSource) {
  write("context/a/f", "1");
  const std::string before = digest("a");
  const utimbuf old{1, 1};
  ::utime(at("context/a/f").c_str(), &old);
  write("context/b", "1");
  EXPECT_EQ(digest("a"), before);
  EXPECT_NE(digest("a/f"), before);
}

TEST_F(ContextTest, StructureCannotBeImitatedByNames) {
  make_dir("context/x/a/b");
  make_dir("context/y/a");
  make_dir("context/y/b");
  EXPECT_NE(digest("x"), digest("y"));
}

TEST_F(ContextTest, IgnoreFileHidesFromDigestAndSources) {
  write("context/.miniboxignore", "# comment\n\nnode_modules\n*.log\n/build/out\ndocs/\n!keep.log\n");
  write("context/src/a", "1");
  const std::string before = digest();
  write("context/src/node_modules/x", "1");
  write("context/src/deep/er.log/x", "1");
  write("context/build/out/x", "1");
  write("context/docs/page", "1");
  sys::remove_tree(at("context/build"));
  sys::remove_tree(at("context/src/deep"));
  EXPECT_EQ(digest(), before);
  write("context/src/docs", "a file");
  EXPECT_NE(digest(), before);
  sys::remove_file(at("context/src/docs"));
  write("context/src/keep.log", "1");
  EXPECT_NE(digest(), before);
  write("context/src/node_modules/x", "1");
  EXPECT_EQ(source_error("src/node_modules/x"), "not_found source 'src/node_modules/x' is excluded by .miniboxignore");
  EXPECT_EQ(source_error("docs"), "not_found source 'docs' is excluded by .miniboxignore");
}

TEST_F(ContextTest, IgnoreRulesHoldForThePathWithoutSymlinksToo) {
  write("context/.miniboxignore", "/dir/secret\n/sub/deep/key\nalias2\n");
  write("context/dir/secret", "1");
  write("context/dir/open", "1");
  write("context/sub/deep/key", "1");
  write("context/sub/deep/rest", "1");
  link("dir", "context/alias");
  link("alias", "context/twice");
  link("sub", "context/s");
  link("dir", "context/alias2");
  EXPECT_EQ(source_error("alias/secret"), "not_found source 'alias/secret' is excluded by .miniboxignore");
  EXPECT_EQ(source_error("twice/secret"), "not_found source 'twice/secret' is excluded by .miniboxignore");
  EXPECT_EQ(source_error("alias2/open"), "not_found source 'alias2/open' is excluded by .miniboxignore");
  EXPECT_EQ(source_error("alias/open"), "no error");
  const std::string before = digest("s/deep");  // a tree below a symlink is ruled by its real path as well
  write("context/sub/deep/key", "2");
  EXPECT_EQ(digest("s/deep"), before);
  write("context/sub/deep/rest", "2");
  EXPECT_NE(digest("s/deep"), before);
}

TEST_F(ContextTest, IgnoreFileCannotLeadOutside) {
  link(outside() + "/secret", "context/.miniboxignore");
  EXPECT_EQ(error_of([&] { open(); }), "invalid invalid build context: .miniboxignore is not a regular file");
}

TEST_F(ContextTest, AFileToReadIsRegularAndInsideAndMayBeIgnored) {
  write("context/sub/base.tar", "bytes");
  write("context/.miniboxignore", "*.tar\n");
  link("sub/base.tar", "context/inside");
  link("../../outside/secret", "context/sub/out");
  ASSERT_EQ(::mkfifo(at("context/fifo").c_str(), 0600), 0);
  const Context from = open();
  const auto content = [&](const std::string& path) { return sys::read_all(from.open_file(path), 100, path); };
  EXPECT_EQ(content("./sub/base.tar"), "bytes");
  EXPECT_EQ(content("inside"), "bytes");
  EXPECT_TRUE(from.has_file("sub/base.tar"));
  EXPECT_FALSE(from.has_file("sub/out"));
  EXPECT_FALSE(from.has_file("../outside/secret"));
  EXPECT_EQ(error_of([&] { content("sub/out"); }),
            "invalid source 'sub/out' leads outside the build context through a symlink");
  EXPECT_EQ(error_of([&] { content("../outside/secret"); }),
            "invalid source '../outside/secret' has '..', which could leave the build context");
  EXPECT_EQ(error_of([&] { content("none.tar"); }), "not_found source 'none.tar' is not in the build context");
  EXPECT_EQ(error_of([&] { content("fifo"); }), "invalid source 'fifo' is not a file");
  EXPECT_EQ(error_of([&] { content("sub"); }), "invalid source 'sub' is not a file");
}

TEST_F(ContextTest, SocketsArePassedOverAndDeepTreesRefused) {
  write("context/f", "1");
  const std::string before = digest();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, at("context/s").c_str(), sizeof address.sun_path - 1);
  const sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(digest(), before);
  std::string deep = "context";
  for (int i = 0; i < kMaxTreeDepth + 2; ++i) deep += "/d";
  make_dir(deep);
  EXPECT_THAT(error_of([&] { digest(); }), testing::EndsWith("lies deeper than 256 directories"));
}

struct IgnoreCase {
  std::string rules;
  std::string ignored;  // paths; a directory ends in '/'
  std::string kept;
};

TEST(IgnoreRules, MatchAsGitDoes) {
  const IgnoreCase cases[] = {
      {"a.txt", "a.txt b/c/a.txt a.txt/ a.txt/x", "a.txt2 xa.txt"},
      {"src/*.o\n*/tmp", "src/m.o b/tmp b/tmp/c/d", "src/sub/m.o tmp x/src/m.o b/c/tmp"},
      {"/top", "top top/x", "b/top"},
      {"**/deep", "deep b/c/deep", "deeper"},
      {"**/a/b", "a/b x/a/b x/y/a/b/c", "a/x/b"},
      {"a/**/b", "a/b a/x/b a/x/y/b", "b x/a/b ab"},
      {"a/**", "a/x a/x/y", "a/ a b/a/x"},
      {"build/", "build/ x/build/ build/x", "build x/build"},
      {"/out/*", "out/x out/x/y", "out/ out"},
      {"x?z\n[a-c]1\n[!d]2\n[]]3", "xyz b1 e2 ]3", "x/z d1 d2 a3"},
      {"*.log\n!keep.log", "a.log x/b.log", "keep.log x/keep.log"},
      {"/*\n!/src", "a b/", "src src/x"},
      {"dir/\n!dir/keep", "dir/ dir/keep", "keep"},
      {"\\#a\n\\!b\nc\\*\nd\\ \ne ", "#a !b c* e", "cc d"},
      {"# a\n\n/\n!\n", "", "a #"},
      {"./here", "here", "x/here"},
      {"*", "a b/c", ""},
      {"[a", "[a", "a"},
  };
  for (const IgnoreCase& one : cases) {
    const IgnoreRules rules = IgnoreRules::parse(one.rules);
    const auto ignores = [&](std::string path) {
      const bool is_directory = path.ends_with('/');
      if (is_directory) path.pop_back();
      return rules.ignores_with_parents(path, is_directory);
    };
    for (const std::string& path : split_words(one.ignored)) EXPECT_TRUE(ignores(path)) << one.rules << ": " << path;
    for (const std::string& path : split_words(one.kept)) EXPECT_FALSE(ignores(path)) << one.rules << ": " << path;
  }
  EXPECT_TRUE(IgnoreRules::parse("d\\ ").ignores("d ", false));
}

TEST(IgnoreRules, HostilePatternsCostLittle) {
  std::string pattern, path;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(IgnoreRules::parse(pattern + "b").ignores(std::string(4000, 'a'), false));
  pattern.clear();
  for (int i = 0; i < 500; ++i) pattern += "**/a/", path += "a/";
  EXPECT_FALSE(IgnoreRules::parse(pattern + "b").ignores(path + "a", false));
}

}  // namespace
}  // namespace minibox::build
