// What unpacking does with honest and with hostile archives. What needs root is in tests/root/store_layer_test.cc.
#include <zstd.h>

#include "store/store_fixture.h"
#include "sys/attributes.h"

namespace minibox::store {
namespace {

using testing::HasSubstr;

constexpr mode_t kFile = S_IFREG | 0644;
constexpr mode_t kDir = S_IFDIR | 0755;

using LayerUnpackTest = StoreTest;

TEST_F(LayerUnpackTest, KeepsContentModeTimeAndLinks) {
  unpack_tar([](TarWriter& tar) {
    tar.add(entry("d/", S_IFDIR | 0750));
    tar.add_file(entry("d/f", S_IFREG | 04755), "content");
    tar.add(link("d/hard", "d/f", true));
    tar.add(link("d/soft", "/absolute/elsewhere"));
    tar.add(entry("d/fifo", S_IFIFO | 0600));
  });
  EXPECT_EQ(sys::read_file(target() + "/d/f"), "content");
  const struct stat file = *sys::try_lstat(target() + "/d/f");
  EXPECT_EQ(file.st_mode & 07777, 04755u);
  EXPECT_EQ(file.st_mtim.tv_sec, 1'000'000'000);
  EXPECT_EQ(file.st_ino, sys::try_lstat(target() + "/d/hard")->st_ino);
  EXPECT_TRUE(S_ISLNK(sys::try_lstat(target() + "/d/soft")->st_mode));
  EXPECT_TRUE(S_ISFIFO(sys::try_lstat(target() + "/d/fifo")->st_mode));
  const struct stat dir = *sys::try_lstat(target() + "/d");
  EXPECT_EQ(dir.st_mode & 07777, 0750u);
  EXPECT_EQ(dir.st_mtim.tv_sec, 1'000'000'000);
}

TEST_F(LayerUnpackTest, ReadsGzipOfSeveralMembersAndZstd) {
  const std::string bytes =
      tar([](TarWriter& writer) { writer.add_file(entry("f", kFile), std::string(3u << 20, 'x') + "end"); });
  const oci::Digest diff_id = oci::Sha256::of(bytes);
  unpack(gzip(bytes.substr(0, 700)) + gzip(bytes.substr(700)), diff_id);
  EXPECT_TRUE(sys::read_file(target() + "/f").ends_with("xend"));
  std::string zstd(ZSTD_compressBound(bytes.size()), '\0');
  zstd.resize(ZSTD_compress(zstd.data(), zstd.size(), bytes.data(), bytes.size(), 1));
  unpack(zstd, diff_id);
  EXPECT_EQ(sys::read_file(target() + "/f").size(), (3u << 20) + 3);
}

TEST_F(LayerUnpackTest, ASparseMapThatLeadsPastTheFileIsRefused) {
  const std::string bytes = tar_with_a_false_sparse_map();
  try {
    unpack(bytes, oci::Sha256::of(bytes));
    FAIL() << sys::try_lstat(target() + "/f")->st_size;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
    EXPECT_THAT(error.text(), HasSubstr("'f': bad sparse map"));
  }
}

TEST_F(LayerUnpackTest, AnEmptyLayerIsFine) {
  const std::string bytes(1024, '\0');
  unpack(gzip(bytes), oci::Sha256::of(bytes));
  EXPECT_TRUE(sys::list_dir(target()).empty());
}

TEST_F(LayerUnpackTest, LongAndForeignNamesSurvive) {
  const std::string deep = std::string(120, 'a') + "/" + std::string(200, 'b') + "/\xc3\xa9\xe6\xbc\xa2";
  const std::string latin1 = "caf\xe9";
  unpack_tar([&](TarWriter& tar) {
    tar.add_file(entry(deep, kFile), "deep");
    tar.add_file(entry(latin1, kFile), "latin");
    tar.add(link("link", "\xc3\xa9/" + std::string(150, 'x')));
  });
  EXPECT_EQ(sys::read_file(target() + "/" + deep), "deep");
  EXPECT_EQ(sys::read_file(target() + "/" + latin1), "latin");
}

TEST_F(LayerUnpackTest, RefusesAnotherDigest) {
  const std::string bytes = tar([](TarWriter& writer) { writer.add_file(entry("f", kFile), "x"); });
  try {
    unpack(bytes, oci::Sha256::of("other"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
    EXPECT_THAT(error.text(), HasSubstr("instead of " + oci::Sha256::of("other").text()));
  }
}

TEST_F(LayerUnpackTest, HashesWhatFollowsTheEndOfTheArchive) {
  const std::string bytes = tar([](TarWriter& writer) { writer.add_file(entry("f", kFile), "x"); });
  EXPECT_THROW(unpack(bytes + "smuggled", oci::Sha256::of(bytes)), Error);
  unpack(bytes + std::string(8192, '\0'), oci::Sha256::of(bytes + std::string(8192, '\0')));
}

TEST_F(LayerUnpackTest, RefusesDamagedAndCutArchives) {
  const std::string bytes =
      tar([](TarWriter& writer) { writer.add_file(entry("f", kFile), std::string(100000, 'x')); });
  const std::string compressed = gzip(bytes);
  EXPECT_THROW(unpack(compressed.substr(0, compressed.size() / 2), oci::Sha256::of(bytes)), Error);
  EXPECT_THROW(unpack(compressed.substr(0, compressed.size() - 4), oci::Sha256::of(bytes)), Error);
  EXPECT_THROW(unpack(compressed + "junk", oci::Sha256::of(bytes)), Error);
  std::string damaged = compressed;
  damaged[damaged.size() / 2] ^= 0x55;
  EXPECT_THROW(unpack(damaged, oci::Sha256::of(bytes)), Error);
  EXPECT_THROW(unpack(bytes.substr(0, 5000), oci::Sha256::of(bytes.substr(0, 5000))), Error);
  EXPECT_THROW(unpack(std::string(2048, 'z'), oci::Sha256::of(std::string(2048, 'z'))), Error);
}

TEST_F(LayerUnpackTest, DotDotIsRefused) {
  for (const char* path : {"../outside", "a/../../outside", "a/..", ".."}) {
    EXPECT_THAT(unpack_error([&](TarWriter& tar) { tar.add_file(entry(path, kFile), "evil"); }),
                HasSubstr("leads out of the layer"))
        << path;
  }
  EXPECT_FALSE(sys::exists(outside()));
}

TEST_F(LayerUnpackTest, AbsoluteNamesAreTakenAsRelative) {
  unpack_tar([&](TarWriter& tar) { tar.add_file(entry(outside(), kFile), "evil"); });
  EXPECT_FALSE(sys::exists(outside()));
  EXPECT_EQ(sys::read_file(target() + outside()), "evil");
}

TEST_F(LayerUnpackTest, ASymlinkIsNoWayOut) {
  sys::make_dir(outside());
  for (const std::string& escape : {outside(), std::string("../outside"), std::string("/proc/self/root") + outside()}) {
    const std::string result = unpack_error([&](TarWriter& tar) {
      tar.add(entry(outside(), kDir));  // the same path exists inside: following the link there is fine
      tar.add(link("l", escape));
      tar.add_file(entry("l/f", kFile), "evil");
    });
    EXPECT_FALSE(sys::exists(outside() + "/f")) << escape << ": " << result;
  }
}

TEST_F(LayerUnpackTest, AFileNamedLikeAnEarlierSymlinkReplacesIt) {
  sys::write_file(outside(), "precious");
  unpack_tar([&](TarWriter& tar) {
    tar.add(link("l", outside()));
    tar.add_file(entry("l", kFile), "evil");
  });
  EXPECT_EQ(sys::read_file(outside()), "precious");
  EXPECT_EQ(sys::read_file(target() + "/l"), "evil");
}

TEST_F(LayerUnpackTest, AttributesAreNotSetThroughASymlink) {
  sys::make_dir(outside(), 0700);
  unpack_tar([&](TarWriter& tar) {
    tar.add(link("l", outside()));
    tar.add(entry("l", S_IFDIR | 0777));
  });
  EXPECT_EQ(sys::try_lstat(outside())->st_mode & 0777, 0700u);
  EXPECT_TRUE(S_ISDIR(sys::try_lstat(target() + "/l")->st_mode));
}

TEST_F(LayerUnpackTest, AHardLinkReachesNothingOutside) {
  sys::write_file(outside(), "precious");
  for (const std::string& aim :
       {outside(), std::string("../outside"), std::string("d/../../outside"), std::string("l")}) {
    const std::string result = unpack_error([&](TarWriter& tar) {
      tar.add(link("l", outside()));
      tar.add(link("hard", aim, true));
      tar.add_file(entry("hard", kFile), "evil");
    });
    EXPECT_EQ(sys::read_file(outside()), "precious") << aim << ": " << result;
    EXPECT_EQ(sys::try_lstat(outside())->st_nlink, 1u) << aim;
  }
}

TEST_F(LayerUnpackTest, AHardLinkThroughALinkedDirectoryStaysInside) {
  sys::make_dir(outside());
  sys::write_file(outside() + "/shadow", "precious");
  EXPECT_THAT(unpack_error([&](TarWriter& tar) {
                tar.add(link("l", outside()));
                tar.add(link("hard", "l/shadow", true));
              }),
              HasSubstr("No such file or directory"));
  EXPECT_EQ(sys::try_lstat(outside() + "/shadow")->st_nlink, 1u);
}

TEST_F(LayerUnpackTest, ADirectoryReplacedWhileItIsRememberedIsNotWrittenThrough) {
  sys::make_dir(outside());
  unpack_error([&](TarWriter& tar) {
    tar.add(entry("d/", kDir));
    tar.add_file(entry("d/one", kFile), "1");
    tar.add(link("d", outside()));
    tar.add_file(entry("d/two", kFile), "2");
  });
  EXPECT_TRUE(sys::list_dir(outside()).empty());
}

TEST_F(LayerUnpackTest, WhiteoutsOfNothingAreRefused) {
  for (const char* path : {".wh.", ".wh...", "d/.wh.."}) {
    EXPECT_THAT(unpack_error([&](TarWriter& tar) { tar.add_file(entry(path, kFile), ""); }), HasSubstr("names nothing"))
        << path;
  }
}

TEST_F(LayerUnpackTest, OverlayAttributesAreNotTakenFromAnArchive) {
  unpack_tar([&](TarWriter& tar) {
    TarEntry file = entry("f", kFile);
    file.xattrs = {{"trusted.overlay.redirect", "/etc"}, {"user.overlay.redirect", "/etc"}, {"user.kept", "1"}};
    tar.add_file(file, "");
  });
  EXPECT_THAT(sys::list_xattrs(sys::open_file(target() + "/f", O_RDONLY)), testing::ElementsAre("user.kept"));
}

TEST_F(LayerUnpackTest, TheRootsAttributesAreSetLast) {
  unpack_tar([](TarWriter& tar) {
    TarEntry root = entry("./", S_IFDIR | 0700);
    root.xattrs = {{"user.note", "kept"}};
    tar.add(root);
    tar.add_file(entry("f", kFile), "x");
  });
  const struct stat root = *sys::try_lstat(target());
  EXPECT_EQ(root.st_mode & 07777, 0700u);
  EXPECT_EQ(root.st_mtim.tv_sec, 1'000'000'000);
  EXPECT_EQ(sys::try_get_xattr(sys::open_dir(target()), "user.note"), "kept");
}

TEST_F(LayerUnpackTest, RememberedDirectoriesAreBounded) {
  const std::string many = tar([](TarWriter& writer) {
    for (int i = 0; i < 20; ++i) {
      writer.add(entry("d" + std::to_string(i) + "/", kDir));
      writer.add(entry("d0/", kDir));  // known already: costs nothing
    }
  });
  unpack(many, oci::Sha256::of(many), {.max_directory_memory = 20 * 200});
  EXPECT_THROW(unpack(many, oci::Sha256::of(many), {.max_directory_memory = 10 * 100}), Error);
}

TEST_F(LayerUnpackTest, LimitsStopBombs) {
  const std::string many = tar([](TarWriter& writer) {
    for (int i = 0; i < 20; ++i) writer.add_file(entry("f" + std::to_string(i), kFile), "");
  });
  EXPECT_THROW(unpack(many, oci::Sha256::of(many), {.max_entries = 10}), Error);
  const std::string big =
      tar([](TarWriter& writer) { writer.add_file(entry("zeros", kFile), std::string(8u << 20, '\0')); });
  try {
    unpack(gzip(big), oci::Sha256::of(big), {.max_bytes = 1u << 20, .max_ratio = 10});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExhausted);
  }
  EXPECT_LT(sys::try_lstat(target() + "/zeros")->st_size, 8 << 20);
}

}  // namespace
}  // namespace minibox::store
