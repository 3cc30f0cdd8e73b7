#include "store/layer_import.h"

#include <zstd.h>

#include "store/layer_intake.h"
#include "store/store_fixture.h"

namespace minibox::store {
namespace {

using testing::HasSubstr;

constexpr mode_t kFile = S_IFREG | 0644;

class LayerImportTest : public StoreTest {
 protected:
  Layer import(const std::string& bytes, const std::stop_token& stop = {}, const LayerLimits& limits = {}) {
    sys::write_file(outside(), bytes);
    return import_layer(root_, blobs_, snapshots_, sys::open_file(outside(), O_RDONLY), stop, limits);
  }
  std::string import_error(const std::string& bytes, const std::stop_token& stop = {}, const LayerLimits& limits = {}) {
    try {
      import(bytes, stop, limits);
      return "imported";
    } catch (const Error& error) {
      return error.text();
    }
  }
  static std::string root_tar() {
    return tar([](TarWriter& writer) { writer.add_file(entry("etc/name", kFile), "alpine"); });
  }

  OverlaySnapshotter snapshots_{root_};
};

TEST_F(LayerImportTest, TheArchiveItselfIsTheLayer) {
  const std::string bytes = gzip(root_tar());
  const Layer layer = import(bytes);
  EXPECT_EQ(layer.blob.digest, oci::Sha256::of(bytes));
  EXPECT_EQ(layer.blob.size, bytes.size());
  EXPECT_EQ(layer.blob.media_type, oci::kGzipLayerMediaType);
  EXPECT_EQ(layer.diff_id, oci::Sha256::of(root_tar()));
  EXPECT_TRUE(snapshots_.has(layer.diff_id));
  EXPECT_EQ(sys::read_file(root_.extracted_layer(layer.diff_id) + "/etc/name"), "alpine");
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

TEST_F(LayerImportTest, TheFirstBytesTellTheMediaType) {
  EXPECT_EQ(import(root_tar()).blob.media_type, oci::kTarLayerMediaType);
  const std::string bytes = root_tar();
  std::string zstd(ZSTD_compressBound(bytes.size()), '\0');
  zstd.resize(ZSTD_compress(zstd.data(), zstd.size(), bytes.data(), bytes.size(), 1));
  EXPECT_EQ(import(zstd).blob.media_type, oci::kZstdLayerMediaType);
}

TEST_F(LayerImportTest, ABlobMayBeLargerThanWhatALayerMayHaveUncompressedWhenItsReaderSaysSo) {
  const std::string bytes = root_tar();
  const LayerLimits limits{.max_bytes = bytes.size() - 1};
  EXPECT_THROW(LayerIntake(root_, blobs_, limits).write(bytes), Error);
  EXPECT_THROW(LayerIntake(root_, blobs_, limits, bytes.size() - 1).write(bytes), Error);
  LayerIntake intake(root_, blobs_, limits, bytes.size());
  intake.write(bytes);
  const StagedLayer layer = intake.finish();
  EXPECT_FALSE(layer.damage);
  EXPECT_EQ(layer.diff_id, oci::Sha256::of(bytes));
}

TEST_F(LayerImportTest, NothingStaysOfAnArchiveThatIsRefused) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(import_error("no archive at all, but long enough to be one" + std::string(1024, 'x')),
              HasSubstr("damaged archive"));
  EXPECT_THAT(import_error(gzip(root_tar()).substr(0, 60)), HasSubstr("gzip data is cut short"));
  EXPECT_THAT(import_error(tar([](TarWriter& writer) { writer.add_file(entry("../../up", kFile), "x"); })),
              HasSubstr("../../up"));
  EXPECT_EQ(import_error(root_tar(), stop.get_token()), "cancelled");
  EXPECT_THAT(import_error(root_tar(), {}, {.max_bytes = 1000, .max_ratio = 0}), HasSubstr("more than 1000 bytes"));
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

TEST_F(LayerImportTest, OtherCompressionsAreNamed) {
  EXPECT_EQ(import_error(std::string("\xfd"
                                     "7zXZ\0\0\4",
                                     8)),
            "it is compressed with xz");
  EXPECT_EQ(import_error("BZh91AY&SY and so on"), "it is compressed with bzip2");
  EXPECT_THAT(import_error("BZh"), HasSubstr("damaged archive"));
  EXPECT_THAT(import_error("BZhxxxxxxxxxxxxx"), HasSubstr("damaged archive"));
}

TEST_F(LayerImportTest, NoBytesAreNoArchive) {
  EXPECT_EQ(import_error(""), "the archive is empty: it has no bytes at all");
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
  EXPECT_TRUE(snapshots_.has(import(tar([](TarWriter&) {})).diff_id));  // an archive of no files is one
}

TEST_F(LayerImportTest, AnImageIsNoRootFileSystem) {
  const std::string message = "the archive holds an image, not a root file system";
  EXPECT_EQ(import_error(tar([](TarWriter& writer) {
              writer.add_file(entry("index.json", kFile), "{}");
              writer.add_file(entry("oci-layout", kFile), "{}");
            })),
            message);
  EXPECT_EQ(import_error(tar([](TarWriter& writer) {
              writer.add_file(entry("manifest.json", kFile), "[]");
              writer.add_file(entry("repositories", kFile), "{}");
            })),
            message);
}

}  // namespace
}  // namespace minibox::store
