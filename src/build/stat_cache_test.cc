#include "build/stat_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "build/planned_context.h"
#include "build/tree_fixture.h"
#include "sys/entry.h"

namespace minibox::build {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class StatCacheTest : public TreeTest {
 protected:
  StatCacheTest() { sys::make_dirs(caches()); }

  std::string caches() const { return at("caches"); }
  StatCache load() const { return StatCache::load(caches(), sys::open_dir(context())); }

  static oci::Sha256::Sum content(char letter) {
    oci::Sha256::Sum sum;
    sum.fill(letter);
    return sum;
  }
  // As if it had been read long after it was written.
  void remember(StatCache& cache, const std::string& path, char letter) const {
    cache.remember(info(path), info(path), realtime_ns() + 10 * kSecond, content(letter));
  }
  bool is_known(const std::string& path) const { return load().find(info(path)).has_value(); }

  void remember_file(const std::string& text = "text") {
    write("context/f", text);
    StatCache cache = load();
    remember(cache, "context/f", 'a');
    cache.save();
    ASSERT_EQ(load().find(info("context/f")), content('a'));
  }
  // A change that the kernel has given a ctime of its own: without waiting for the clock the same one is possible.
  void wait_for_tick(const std::string& path) const {
    const struct stat before = info(path);
    const auto changed = [&] {
      ::chmod(at(path).c_str(), before.st_mode & 07777);
      const struct stat now = info(path);
      return now.st_ctim.tv_sec != before.st_ctim.tv_sec || now.st_ctim.tv_nsec != before.st_ctim.tv_nsec;
    };
    const std::int64_t deadline = monotonic_us() + 5'000'000;
    while (!changed() && monotonic_us() < deadline) {
    }
  }
  void set_times(const std::string& path, const struct stat& like) const {
    const timespec times[2] = {like.st_atim, like.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, at(path).c_str(), times, 0), 0);
  }
  std::string digest(const std::string& source = ".") const {
    const Context from = Context::open(context(), {"/tmp"});
    StatCache cache = load();
    std::string digest = PlannedContext(from, cache, UINT64_MAX).digest(source, {});
    cache.save();
    return digest;
  }
};

TEST_F(StatCacheTest, AFileThatIsAsItWasIsKnown) {
  remember_file();
  EXPECT_TRUE(is_known("context/f"));
  ASSERT_EQ(::rename(at("context/f").c_str(), at("outside/f").c_str()), 0);
  write("context/f", "text");
  EXPECT_FALSE(is_known("context/f"));
}

TEST_F(StatCacheTest, SizeAndTimeSetBackDoNotHideAChange) {
  remember_file("text");
  const struct stat before = info("context/f");
  wait_for_tick("context/f");
  sys::write_file(at("context/f"), "TEXT");
  set_times("context/f", before);
  const struct stat after = info("context/f");
  ASSERT_EQ(after.st_size, before.st_size);
  ASSERT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  ASSERT_EQ(after.st_ino, before.st_ino);
  EXPECT_FALSE(is_known("context/f"));
}

TEST_F(StatCacheTest, AnotherFileOfTheSameNameIsAnother) {
  remember_file("text");
  const struct stat before = info("context/f");
  write("context/new", "TEXT");
  set_times("context/new", before);
  ASSERT_EQ(::rename(at("context/new").c_str(), at("context/f").c_str()), 0);
  EXPECT_FALSE(is_known("context/f"));
}

TEST_F(StatCacheTest, AFileOfAnotherDeviceIsNotLookedUp) {
  remember_file();
  struct stat there = info("context/f");
  ++there.st_dev;
  StatCache cache = load();
  EXPECT_FALSE(cache.find(there));
  cache.forget();
  cache = load();
  cache.remember(there, there, realtime_ns() + 10 * kSecond, content('b'));
  cache.save();
  EXPECT_FALSE(is_known("context/f"));
}

TEST_F(StatCacheTest, WhatChangedWhileItWasReadIsNotRemembered) {
  write("context/f", "text");
  struct stat after = info("context/f");
  ++after.st_ctim.tv_nsec;
  StatCache cache = load();
  cache.remember(info("context/f"), after, realtime_ns() + 10 * kSecond, content('a'));
  cache.save();
  EXPECT_FALSE(is_known("context/f"));
}

// A change within the clock's granularity could leave the ctime as it was.
TEST_F(StatCacheTest, WhatIsTooYoungIsNotRemembered) {
  write("context/f", "text");
  const struct stat young = info("context/f");
  const std::int64_t written = young.st_ctim.tv_sec * kSecond + young.st_ctim.tv_nsec;
  StatCache cache = load();
  cache.remember(young, young, written, content('a'));
  cache.remember(young, young, written - kSecond, content('a'));  // the clock was set back
  cache.save();
  EXPECT_FALSE(is_known("context/f"));
}

TEST_F(StatCacheTest, SettledMeansOlderThanTheClocksGranularity) {
  EXPECT_FALSE(is_settled({100, 5}, 100 * kSecond + 5));
  EXPECT_FALSE(is_settled({100, 5}, 100 * kSecond + 19'000'000));
  EXPECT_TRUE(is_settled({100, 5}, 100 * kSecond + 21'000'000));
  EXPECT_FALSE(is_settled({100, 0}, 101 * kSecond));  // a file system of whole seconds
  EXPECT_TRUE(is_settled({100, 0}, 103 * kSecond));
  EXPECT_FALSE(is_settled({INT64_MAX, 0}, 103 * kSecond));
}

TEST_F(StatCacheTest, ADamagedCacheIsAnEmptyOne) {
  remember_file();
  const std::string path = caches() + "/" + sys::list_dir(caches()).at(0);
  const std::string whole = sys::read_file(path);
  for (std::string bytes : {whole.substr(0, whole.size() - 1), whole + "x", std::string(), std::string("nonsense")}) {
    sys::write_file(path, bytes);
    EXPECT_FALSE(is_known("context/f")) << bytes.size();
  }
  std::string flipped = whole;
  flipped[whole.size() - 40] = static_cast<char>(flipped[whole.size() - 40] ^ 1);
  sys::write_file(path, flipped);
  EXPECT_FALSE(is_known("context/f"));
  sys::write_file(path, whole);
  EXPECT_TRUE(is_known("context/f"));
}

TEST_F(StatCacheTest, AnotherContextHasItsOwn) {
  remember_file();
  make_dir("other");
  StatCache other = StatCache::load(caches(), sys::open_dir(at("other")));
  EXPECT_FALSE(other.find(info("context/f")));
}

TEST_F(StatCacheTest, ForgettingLeavesNothing) {
  remember_file();
  StatCache cache = load();
  cache.forget();
  EXPECT_FALSE(cache.find(info("context/f")));
  EXPECT_TRUE(sys::list_dir(caches()).empty());
}

TEST_F(StatCacheTest, WhatNobodyAsksForIsDroppedAfterSomeTime) {
  remember_file();
  write("context/g", "g");
  for (int i = 0; i < 20; ++i) {
    StatCache cache = load();
    remember(cache, "context/g", static_cast<char>('a' + i));
    cache.save();
    if (i < 5) EXPECT_TRUE(load().find(info("context/f"))) << i;
  }
  EXPECT_FALSE(is_known("context/f"));
  EXPECT_TRUE(is_known("context/g"));
}

TEST_F(StatCacheTest, TheLongestUnusedContextsGo) {
  for (int i = 0; i < 70; ++i) {
    sys::write_file(caches() + "/old" + std::to_string(i), "x");
    const timespec times[2] = {{1000 + i, 0}, {1000 + i, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (caches() + "/old" + std::to_string(i)).c_str(), times, 0), 0);
  }
  remember_file();
  EXPECT_EQ(sys::list_dir(caches()).size(), 64u);
  EXPECT_FALSE(exists("caches/old6"));
  EXPECT_TRUE(exists("caches/old7"));
}

TEST_F(StatCacheTest, APlanDoesNotReadWhatIsKnown) {
  write("context/f", "text");
  const std::string first = digest();
  StatCache cache = load();
  remember(cache, "context/f", 'x');
  cache.save();
  EXPECT_NE(digest(), first);  // it took the cache's word
  wait_for_tick("context/f");
  EXPECT_EQ(digest(), first);
}

TEST_F(StatCacheTest, APlanRemembersWhatItReads) {
  write("context/f", "text");
  const std::int64_t deadline = monotonic_us() + 10'000'000;
  while (!is_known("context/f") && monotonic_us() < deadline) digest();
  EXPECT_TRUE(is_known("context/f"));
  link("f", "context/link");
  const std::string before = digest();
  ASSERT_EQ(::unlink(at("context/link").c_str()), 0);
  link("g", "context/link");
  EXPECT_NE(digest(), before);  // symlinks are never remembered
}

}  // namespace
}  // namespace minibox::build
