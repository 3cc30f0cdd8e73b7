#include "store/blob_store.h"

#include "store/store_fixture.h"

namespace minibox::store {
namespace {

using testing::HasSubstr;

// From FIPS 180-2: the digest of "abc".
constexpr char kAbc[] = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, MatchesTheStandardsVector) {
  oci::Sha256 hash;
  hash.update("a");
  hash.update("bc");
  EXPECT_EQ(hash.finish().text(), kAbc);
}

using DataRootTest = StoreTest;

TEST_F(DataRootTest, IsPrivateAndHasItsFolders) {
  EXPECT_EQ(sys::try_lstat(root_.path())->st_mode & 0777, 0700u);
  for (const std::string& folder : {root_.blobs(), root_.extracted(), root_.tmp(), root_.containers()}) {
    EXPECT_TRUE(sys::exists(folder)) << folder;
  }
  EXPECT_EQ(DataRoot::open(root_.path()).path(), root_.path());
}

TEST_F(DataRootTest, RefusesSomebodyElsesDirectory) {
  const std::string home = dir_.path() + "/home";
  sys::make_dir(home, 0755);
  sys::write_file(home + "/letter", "");
  try {
    DataRoot::open(home);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDenied);
    EXPECT_THAT(error.hint(), HasSubstr("chmod 700"));
  }
  EXPECT_THROW(DataRoot::open("relative"), Error);
}

TEST_F(DataRootTest, ContainerDirectoriesAreOnlyForIds) {
  EXPECT_EQ(root_.container_dir("0123abcd"), root_.containers() + "/0123abcd");
  for (const char* id : {"..", "", "0123abc", "0123abcd/..", "0123ABCD"}) EXPECT_THROW(root_.container_dir(id), Error);
}

using BlobStoreTest = StoreTest;

TEST_F(BlobStoreTest, StoresUnderTheDigestOfTheContent) {
  const oci::Descriptor blob = blobs_.put("abc", "text/plain");
  EXPECT_EQ(blob.digest.text(), kAbc);
  EXPECT_EQ(blob.size, 3u);
  EXPECT_EQ(blob.media_type, "text/plain");
  EXPECT_TRUE(blobs_.has(blob));
  EXPECT_EQ(blobs_.read(blob), "abc");
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

TEST_F(BlobStoreTest, ARefusedBlobLeavesNothing) {
  const oci::Digest expected = oci::Digest::parse(kAbc);
  {
    BlobWriter other = blobs_.writer();
    other.write("xyz");
    EXPECT_THROW(other.commit_as(expected, 3), Error);
    BlobWriter longer = blobs_.writer();
    longer.write("abc");
    EXPECT_THROW(longer.commit_as(expected, 4), Error);
    BlobWriter given_up = blobs_.writer();
    given_up.write("abc");
  }
  EXPECT_FALSE(blobs_.has(expected));
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
  EXPECT_TRUE(sys::list_dir(root_.blobs()).empty());
}

TEST_F(BlobStoreTest, ReadingFindsDamage) {
  const oci::Descriptor blob = blobs_.put("abc", "text/plain");
  sys::write_file(root_.blob(blob.digest), "abd");
  try {
    blobs_.read(blob);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
  }
  blobs_.put("abc", "text/plain");  // heals it
  EXPECT_EQ(blobs_.read(blob), "abc");
}

TEST_F(BlobStoreTest, WholeMeansVerifiedOnceInAProcess) {
  const oci::Descriptor blob = blobs_.put("abc", "text/plain");
  EXPECT_TRUE(blobs_.is_whole(blob));
  sys::write_file(root_.blob(blob.digest), "abd");
  EXPECT_TRUE(blobs_.is_whole(blob)) << "it was hashed on the way in";
  const BlobStore restarted(root_);
  EXPECT_TRUE(restarted.has(blob));
  EXPECT_FALSE(restarted.is_whole(blob));
  blobs_.put("abc", "text/plain");
  EXPECT_TRUE(restarted.is_whole(blob));
  sys::write_file(root_.blob(blob.digest), "ab");
  EXPECT_FALSE(restarted.is_whole(blob)) << "the size is looked at every time";
}

TEST_F(BlobStoreTest, NothingIsKnownOfABlobThatWasRemoved) {
  const oci::Descriptor blob = blobs_.put("abc", "text/plain");
  EXPECT_TRUE(blobs_.remove(blob.digest));
  EXPECT_FALSE(blobs_.remove(blob.digest));
  sys::write_file(root_.blob(blob.digest), "abd");
  EXPECT_FALSE(blobs_.is_whole(blob));
}

TEST_F(BlobStoreTest, AMissingBlobIsNotFound) {
  try {
    blobs_.open(oci::Digest::parse(kAbc));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_EQ(error.text(), "blob ba7816bf8f01 is missing");
  }
}

}  // namespace
}  // namespace minibox::store
