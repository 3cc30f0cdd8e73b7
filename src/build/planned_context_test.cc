#include "build/planned_context.h"

#include <gmock/gmock.h>

#include "build/copier.h"
#include "build/tree_fixture.h"

namespace minibox::build {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kNoLimit = UINT64_MAX;

// A build that plans to copy `source`, and copies it to /t of the root later.
class PlannedContextTest : public TreeTest {
 protected:
  PlannedContextTest() : from_(Context::open(context(), {"/tmp"})), planned_(from_, no_cache_, kNoLimit) {}

  std::string plan(const std::string& source, std::stop_token stop = {}) { return planned_.digest(source, stop); }
  std::string copy_error(const std::string& source) const { return copy_error(planned_, source); }
  std::string copy_error(const PlannedContext& planned, const std::string& source) const {
    return error_of([&] {
      for (const std::string& path : planned.paths(source)) {
        copy_tree(planned.source(path), {sys::RootDir::open(root())}, {"/", "/t/", ::geteuid(), ::getegid()});
      }
    });
  }

  Context from_;
  StatCache no_cache_;
  PlannedContext planned_;
};

TEST_F(PlannedContextTest, WhatIsAsPlannedIsCopied) {
  write("context/d/a", "1", 0755);
  link("a", "context/d/l");
  ASSERT_EQ(::link(at("context/d/a").c_str(), at("context/d/twin").c_str()), 0);
  ASSERT_EQ(::mkfifo(at("context/d/pipe").c_str(), 0600), 0);
  write("context/d/empty", "");
  make_dir("context/d/sub/deep", 0700);
  plan(".");
  EXPECT_EQ(copy_error("."), "no error");
  EXPECT_EQ(read("root/t/d/a"), "1");
  EXPECT_EQ(info("root/t/d/a").st_ino, info("root/t/d/twin").st_ino);
}

TEST_F(PlannedContextTest, WhateverChangedAfterThePlanIsNamed) {
  write("context/d/sub/file", "1");
  write("context/d/mode", "1");
  write("context/d/twin", "1");
  link("file", "context/d/sub/link");
  plan("d");
  const auto changed = [&] { return copy_error("d"); };
  const auto changed_entry = [](const std::string& path) {
    return "conflict '" + path + "' changed while it was built";
  };
  ASSERT_EQ(changed(), "no error");

  write("context/d/sub/file", "2");
  EXPECT_EQ(changed(), changed_entry("d/sub/file"));
  write("context/d/sub/file", "1");
  write("context/d/mode", "1", 0755);
  EXPECT_EQ(changed(), changed_entry("d/mode"));
  write("context/d/mode", "1", 0644);
  sys::remove_file(at("context/d/sub/link"));
  link("other", "context/d/sub/link");
  EXPECT_EQ(changed(), changed_entry("d/sub/link"));
  sys::remove_file(at("context/d/sub/link"));
  EXPECT_EQ(changed(), changed_entry("d/sub"));
  link("file", "context/d/sub/link");
  write("context/d/sub/new", "1");
  EXPECT_EQ(changed(), changed_entry("d/sub"));
  sys::remove_file(at("context/d/sub/new"));
  EXPECT_EQ(changed(), "no error");
  write("context/d2", "1");
  plan("d2");
  sys::remove_file(at("context/d2"));
  EXPECT_EQ(copy_error("d2"), changed_entry("d2"));
  // The same bytes, but one file instead of two.
  sys::remove_file(at("context/d/twin"));
  ASSERT_EQ(::link(at("context/d/mode").c_str(), at("context/d/twin").c_str()), 0);
  EXPECT_EQ(changed(), changed_entry("d"));
}

TEST_F(PlannedContextTest, HardLinksAreContent) {
  write("context/x/a", "1");
  write("context/x/b", "1");
  const std::string apart = plan("x");
  sys::remove_file(at("context/x/b"));
  ASSERT_EQ(::link(at("context/x/a").c_str(), at("context/x/b").c_str()), 0);
  EXPECT_NE(PlannedContext(from_, no_cache_, kNoLimit).digest("x", {}), apart);
  // A name outside the source is none of its business.
  sys::remove_file(at("context/x/b"));
  write("context/x/b", "1");
  ASSERT_EQ(::link(at("context/x/a").c_str(), at("context/y").c_str()), 0);
  EXPECT_EQ(PlannedContext(from_, no_cache_, kNoLimit).digest("x", {}), apart);
}

TEST_F(PlannedContextTest, NothingIsReadTwiceInOneBuild) {
  write("context/d/a", "1");
  const std::string whole = plan("."), part = plan("d"), file = plan("d/a");
  write("context/d/a", "2");
  EXPECT_EQ(plan("."), whole);
  EXPECT_EQ(plan("d"), part);
  EXPECT_EQ(plan("d/a"), file);
  PlannedContext other(from_, no_cache_, kNoLimit);
  EXPECT_NE(other.digest("d/a", {}), file);
  // Another source over the same file takes what was read, too.
  write("context/d/b", "1");
  plan("d/b");
  write("context/d/b", "2");
  write("context/d/c", "1");
  EXPECT_EQ(error_of([&] { plan("d/c"); }), "no error");
  EXPECT_EQ(copy_error("d/b"), "conflict 'd/b' changed while it was built");
}

TEST_F(PlannedContextTest, DigestStopsWhenAsked) {
  write("context/f", std::string(1u << 20, 'x'));
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(error_of([&] { plan("f", source.get_token()); }), "cancelled cancelled");
  EXPECT_EQ(error_of([&] { plan(".", source.get_token()); }), "cancelled cancelled");
  EXPECT_EQ(error_of([&] { plan("."); }), "no error");
}

// The stop token is the probe: it is looked at before anything is read.
TEST_F(PlannedContextTest, WhatNoLayerCanHoldIsRefusedBeforeItIsRead) {
  std::stop_source reading;
  reading.request_stop();
  write("context/d/a", "12345");
  write("context/d/vm.img", "");
  ASSERT_EQ(::truncate(at("context/d/vm.img").c_str(), 200ll << 30), 0);
  const auto error = [&](const std::string& source, std::uint64_t max_bytes) {
    return error_of([&] { PlannedContext(from_, no_cache_, max_bytes).digest(source, reading.get_token()); });
  };
  const std::string refused =
      "exhausted 'd/vm.img' of 214748364800 bytes makes what is copied larger than a layer may be, 8589934592 bytes";
  EXPECT_EQ(error("d", 8ull << 30), refused);
  EXPECT_EQ(error("d/vm.img", 8ull << 30), refused);
  EXPECT_EQ(error("d", (200ull << 30) + 5), "cancelled cancelled");
  EXPECT_THAT(error("d", (200ull << 30) + 4), testing::StartsWith("exhausted 'd/vm.img'"));
}

TEST_F(PlannedContextTest, ASourceIsCountedAsTheLayerHoldsIt) {
  const auto error = [&](const std::string& source) {
    return error_of([&] { PlannedContext(from_, no_cache_, 10).digest(source, {}); });
  };
  write("context/a1", "123456");
  write("context/a2", "1234");
  EXPECT_EQ(error("a*"), "no error");
  ASSERT_EQ(::link(at("context/a1").c_str(), at("context/b").c_str()), 0);
  EXPECT_EQ(error("."), "no error") << "two names of one file";
  write("context/a3", "1");
  EXPECT_THAT(error("a*"), testing::StartsWith("exhausted 'a3' of 1 bytes"));
  EXPECT_THAT(error("."), testing::StartsWith("exhausted "));
  EXPECT_EQ(error("a3"), "no error");
}

TEST_F(PlannedContextTest, WildcardsAreExpandedOnceAndStopAtSlashes) {
  write("context/.miniboxignore", "secret.txt\n/d/y\n");
  for (const char* path : {"b.txt", "a.txt", "secret.txt", "c.md", "d/x/f", "d/y/f", "e/x/f"}) {
    write(std::string("context/") + path, path);
  }
  link(outside(), "context/out");
  link("d", "context/z");
  const Context from = Context::open(context(), {"/tmp"});  // reads the rules
  PlannedContext planned(from, no_cache_, kNoLimit);
  EXPECT_THAT(from.expand("*.txt"), ElementsAre("a.txt", "b.txt"));
  EXPECT_THAT(from.expand("?/x/*"), ElementsAre("d/x/f", "e/x/f", "z/x/f"));
  EXPECT_THAT(from.expand("z/*/f"), ElementsAre("z/x/f"));  // ignored by its real path
  EXPECT_THAT(from.expand("[a].txt"), ElementsAre("[a].txt"));
  EXPECT_EQ(error_of([&] { from.expand("out/*"); }), "not_found source 'out/*' matches nothing in the build context");
  EXPECT_EQ(error_of([&] { from.expand("../*"); }),
            "invalid source '../*' has '..', which could leave the build context");

  const std::string digest = planned.digest("*.txt", {});
  write("context/late.txt", "1");
  EXPECT_EQ(copy_error(planned, "*.txt"), "no error");
  EXPECT_EQ(read("root/t/a.txt"), "a.txt");
  EXPECT_FALSE(exists("root/t/late.txt"));
  EXPECT_NE(PlannedContext(from, no_cache_, kNoLimit).digest("*.txt", {}), digest);
}

TEST_F(PlannedContextTest, WildcardsCannotMultiplyWithoutBound) {
  for (int i = 0; i < 8; ++i) link(".", "context/loop" + std::to_string(i));
  EXPECT_THAT(error_of([&] { from_.expand("*/*/*/*/*/*"); }),
              testing::StartsWith("exhausted a source matches more than"));
}

}  // namespace
}  // namespace minibox::build
