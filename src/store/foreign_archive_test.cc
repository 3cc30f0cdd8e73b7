// Unpacking what GNU tar writes, in all its formats: nobody says which one an image's layers were made with.
#include "base/text.h"
#include "oci/sha256.h"
#include "store/store_fixture.h"
#include "sys/process.h"

namespace minibox::store {
namespace {

class ForeignArchive : public StoreTest, public testing::WithParamInterface<const char*> {
 protected:
  // The archive that tar(1) makes of source(), with the options of the test.
  std::string archive() {
    const std::string out = dir_.path() + "/archive.tar";
    std::vector<std::string> words{"tar", "-C", source(), "-cf", out};
    for (const std::string& option : split(GetParam(), ' ')) words.push_back(option);
    words.emplace_back(".");
    sys::Child tar = sys::spawn("/bin/tar", words, {}, {});
    EXPECT_EQ(tar.try_reap(true), 0) << GetParam();
    return sys::read_file(out, 64u << 20);
  }
  std::string source() {
    const std::string path = dir_.path() + "/source";
    sys::make_dirs(path, 0755);
    return path;
  }
  void expect_same(const std::string& name) {
    EXPECT_EQ(sys::read_file(target() + "/" + name, 64u << 20), sys::read_file(source() + "/" + name, 64u << 20));
    const struct stat made = *sys::try_lstat(target() + "/" + name);
    const struct stat original = *sys::try_lstat(source() + "/" + name);
    EXPECT_EQ(made.st_mode, original.st_mode) << name;
    EXPECT_EQ(made.st_mtim.tv_sec, original.st_mtim.tv_sec) << name;
    EXPECT_EQ(made.st_size, original.st_size) << name;
  }
};

TEST_P(ForeignArchive, HasTheSameTree) {
  const std::string name = std::string(GetParam()).find("v7") == std::string::npos
                               ? "deep/" + std::string(90, 'a') + "/" + std::string(70, 'b')
                               : "deep/short";  // that format has no longer ones
  sys::make_dirs(sys::parent_path(source() + "/" + name), 0755);
  sys::write_file(source() + "/" + name, "content", 0640);
  sys::write_file(source() + "/empty", "", 0600);
  const std::string bytes = archive();
  unpack(bytes, oci::Sha256::of(bytes));
  expect_same(name);
  expect_same("empty");
}

INSTANTIATE_TEST_SUITE_P(Formats, ForeignArchive,
                         testing::Values("--format=v7", "--format=oldgnu", "--format=gnu", "--format=ustar",
                                         "--format=posix"));

using ForeignSparse = ForeignArchive;

TEST_P(ForeignSparse, HolesStayHoles) {
  constexpr off_t kSize = 16 << 20;
  const std::string file = source() + "/sparse";
  sys::write_file(file, "begin", 0644);
  ASSERT_EQ(::truncate(file.c_str(), kSize / 2), 0);
  {
    const sys::Fd end = sys::open_file(file, O_WRONLY | O_APPEND);
    ASSERT_EQ(::write(end.get(), "middle", 6), 6);
  }
  ASSERT_EQ(::truncate(file.c_str(), kSize), 0);
  const std::string bytes = archive();
  ASSERT_LT(bytes.size(), size_t{1} << 20) << "tar has found no holes";
  unpack(bytes, oci::Sha256::of(bytes));
  expect_same("sparse");
  EXPECT_LT(sys::try_lstat(target() + "/sparse")->st_blocks * 512, kSize / 4);
}

INSTANTIATE_TEST_SUITE_P(Formats, ForeignSparse,
                         testing::Values("-S --format=oldgnu", "-S --format=gnu",
                                         "-S --format=posix --sparse-version=0.0",
                                         "-S --format=posix --sparse-version=0.1",
                                         "-S --format=posix --sparse-version=1.0"));

}  // namespace
}  // namespace minibox::store
