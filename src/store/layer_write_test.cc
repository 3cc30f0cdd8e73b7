// Layers made from directories that need no privilege; whiteouts and devices are in tests/root/store_layer_test.cc.
#include <sys/socket.h>
#include <sys/un.h>

#include <thread>

#include "store/decompressor.h"
#include "store/layer_indexer.h"
#include "store/store_fixture.h"
#include "sys/attributes.h"
#include "sys/entry.h"

namespace minibox::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LayerWriteTest : public StoreTest {
 protected:
  LayerWriteTest() { sys::make_dir(upper()); }
  std::string upper() const { return dir_.path() + "/upper"; }
  void write(const std::string& path, const std::string& bytes, mode_t mode = 0644) {
    sys::write_file(upper() + "/" + path, bytes, mode);
  }
  void make_socket(const std::string& path) {
    const sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (upper() + "/" + path).copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
};

TEST_F(LayerWriteTest, WhatIsWrittenUnpacksTheSame) {
  sys::make_dir(upper() + "/d", 0755);
  write("d/f", std::string(300000, 'x') + "end", 0600);
  write("d/\xc3\xa9", "accent");
  const sys::Fd dir = sys::open_dir(upper());
  sys::make_symlink_entry(dir, "link", "d/f");
  sys::link_entry(dir, "d/f", dir, "second");
  sys::make_fifo_entry(dir, "fifo", 0640);
  sys::set_xattr(sys::open_file(upper() + "/d/f", O_RDONLY), "user.note", std::string("a\0b", 3));
  make_socket("socket");

  const Layer layer = write_layer(blobs_, upper());
  EXPECT_EQ(layer.blob.media_type, oci::kGzipLayerMediaType);
  EXPECT_TRUE(blobs_.has(layer.blob));
  unpack_layer(blobs_.open(layer.blob.digest), layer.diff_id, target());

  EXPECT_THAT(sys::list_dir(target()), ElementsAre("d", "fifo", "link", "second"));
  EXPECT_EQ(sys::read_file(target() + "/second"), std::string(300000, 'x') + "end");
  EXPECT_EQ(sys::try_lstat(target() + "/d/f")->st_nlink, 2u);
  EXPECT_EQ(sys::try_lstat(target() + "/d/f")->st_mode & 07777, 0600u);
  EXPECT_EQ(sys::read_file(target() + "/d/\xc3\xa9"), "accent");
  EXPECT_EQ(sys::try_get_xattr(sys::open_file(target() + "/second", O_RDONLY), "user.note"), std::string("a\0b", 3));
}

TEST_F(LayerWriteTest, DiffIdAndDigestAreOfTheRightBytes) {
  write("f", "content");
  const Layer layer = write_layer(blobs_, upper());
  oci::Sha256 hash;
  Decompressor stream(blobs_.open(layer.blob.digest));
  for (std::string_view piece = stream.next(); !piece.empty(); piece = stream.next()) hash.update(piece);
  EXPECT_EQ(hash.finish(), layer.diff_id);
  EXPECT_EQ(sys::file_size(blobs_.open(layer.blob.digest)), layer.blob.size);
  EXPECT_NE(layer.blob.digest, layer.diff_id);
}

TEST_F(LayerWriteTest, TheSameTreeGivesTheSameDigest) {
  const timespec time{1'000'000'000, 123};
  const auto fill = [&](const std::string& base, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      sys::write_file(base + "/" + name, name, 0644);
      sys::set_modified_time(sys::open_file(base + "/" + name, O_RDONLY), time);
    }
  };
  fill(upper(), {"a", "b", "c"});
  sys::set_modified_time(sys::open_dir(upper()), time);
  const std::string other = dir_.path() + "/other";
  sys::make_dir(other);
  fill(other, {"c", "a", "b"});
  sys::set_modified_time(sys::open_dir(other), time);
  EXPECT_EQ(write_layer(blobs_, upper()).blob.digest, write_layer(blobs_, other).blob.digest);
}

TEST_F(LayerWriteTest, WithATimeOfItsOwnItSaysNothingOfWhenItWasMade) {
  const auto fill = [&](const std::string& directory, time_t seconds) {
    sys::make_dir(directory + "/d", 0755);
    sys::write_file(directory + "/d/f", "x");
    const sys::Fd dir = sys::open_dir(directory);
    sys::make_symlink_entry(dir, "link", "d/f");
    sys::set_entry_time(dir, "d/f", {seconds, 7});
    sys::set_entry_time(dir, "link", {seconds, 7});
    sys::set_modified_time(dir, {seconds, 7});
  };
  sys::make_dir(upper() + "2");
  fill(upper(), 1'000'000'000);
  fill(upper() + "2", 1'500'000'000);
  const Layer first = write_layer(blobs_, upper(), {}, {}, 1'600'000'000);
  const Layer second = write_layer(blobs_, upper() + "2", {}, {}, 1'600'000'000);
  EXPECT_EQ(first.blob, second.blob);
  // The directory becomes the layer that containers see.
  for (const char* path : {"", "/d", "/d/f", "/link"}) {
    const struct stat info = *sys::try_lstat(upper() + path);
    EXPECT_EQ(info.st_mtim.tv_sec, 1'600'000'000) << path;
    EXPECT_EQ(info.st_mtim.tv_nsec, 0) << path;
  }
}

TEST_F(LayerWriteTest, TheIndexMadeOnTheWayIsTheOneOfTheBlob) {
  sys::make_dir(upper() + "/d", 0755);
  for (int i = 0; i < 40; ++i) write("d/" + std::to_string(i), std::string(static_cast<size_t>(i) * 9000, 'x'));
  std::string noise;
  for (unsigned i = 1; noise.size() < 5'000'000; i = i * 1664525 + 1013904223) noise += static_cast<char>(i >> 24);
  write("noise", noise);
  write("empty", "");
  write("\xff" + std::string(200, 'n'), "bytes");
  const sys::Fd dir = sys::open_dir(upper());
  sys::make_symlink_entry(dir, "link", "noise");
  sys::link_entry(dir, "noise", dir, "second");
  sys::link_entry(dir, "link", dir, "third");
  sys::make_fifo_entry(dir, "fifo", 0640);
  sys::set_xattr(sys::open_file(upper() + "/noise", O_RDONLY), "user.note", "x");

  const Layer layer = write_layer(blobs_, upper());
  ASSERT_TRUE(layer.index);
  ASSERT_EQ(layer.index->why_not, "");
  const IndexAttempt again = make_layer_index(blobs_.open(layer.blob.digest), layer.blob.digest);
  EXPECT_EQ(layer.index->index->print(), again.index.value().print());
  EXPECT_EQ(again.index->blob_size, layer.blob.size);
  EXPECT_EQ(again.index->diff_id, layer.diff_id);
  ASSERT_EQ(again.index->chunks.size(), (again.index->size + kMemberSize - 1) / kMemberSize);
  for (const LayerChunk& chunk : again.index->chunks) {
    EXPECT_FALSE(chunk.raw_deflate);
    EXPECT_EQ(chunk.offset % kMemberSize, 0u);
  }
}

TEST_F(LayerWriteTest, AnEmptyDirectoryIsALayer) {
  const Layer layer = write_layer(blobs_, upper());
  unpack_layer(blobs_.open(layer.blob.digest), layer.diff_id, target());
  EXPECT_TRUE(sys::list_dir(target()).empty());
}

TEST_F(LayerWriteTest, TheDirectoryItselfIsPartOfTheLayer) {
  write("f", "content");
  const sys::Fd dir = sys::open_dir(upper());
  sys::set_xattr(dir, "user.note", "kept");
  sys::set_file_attributes(dir, ::geteuid(), ::getegid(), 01750, {1'000'000'000, 0});
  const Layer layer = write_layer(blobs_, upper());
  unpack_layer(blobs_.open(layer.blob.digest), layer.diff_id, target());
  const sys::Fd unpacked = sys::open_dir(target());
  EXPECT_EQ(sys::stat_of(unpacked).st_mode & 07777, 01750u);
  EXPECT_EQ(sys::stat_of(unpacked).st_mtim.tv_sec, 1'000'000'000);
  EXPECT_EQ(sys::try_get_xattr(unpacked, "user.note"), "kept");
}

TEST_F(LayerWriteTest, ALayerHasALargestSizeAndTheErrorNamesTheFile) {
  write("small", "x");
  sys::make_dir(upper() + "/var");
  write("var/huge", "");
  ASSERT_EQ(::truncate((upper() + "/var/huge").c_str(), 300ll << 30), 0);
  try {
    write_layer(blobs_, upper());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExhausted);
    EXPECT_THAT(error.text(), HasSubstr("'var/huge' of 322122547200 bytes makes the layer larger than 8589934592"));
  }
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

TEST_F(LayerWriteTest, WhatIsWrittenIsWithinTheLimitsOfUnpacking) {
  for (int i = 0; i < 20; ++i) write(std::to_string(i), "x");
  EXPECT_THROW(write_layer(blobs_, upper(), {}, {.max_entries = 10}), Error);
  EXPECT_THROW(write_layer(blobs_, upper(), {}, {.max_bytes = 20 * 512}), Error) << "headers count";
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

TEST_F(LayerWriteTest, DirectoriesHaveTheSameBoundOnBothSides) {
  sys::make_dirs(upper() + "/a/bc");
  const std::uint64_t needed = 3 * 128 + std::string(
                                             "."
                                             "a"
                                             "a/bc")
                                             .size();
  try {
    write_layer(blobs_, upper(), {}, {.max_directory_memory = needed - 1});
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExhausted);
    EXPECT_THAT(error.text(), HasSubstr("'a/bc': the layer has too many directories"));
  }
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
  const Layer layer = write_layer(blobs_, upper(), {}, {.max_directory_memory = needed});
  unpack_layer(blobs_.open(layer.blob.digest), layer.diff_id, target(), {}, {.max_directory_memory = needed});
  EXPECT_THAT(sys::list_dir(target() + "/a"), ElementsAre("bc"));
}

TEST_F(LayerWriteTest, WritingEndsSoonAfterItIsCancelled) {
  write("sparse", "");
  ASSERT_EQ(::truncate((upper() + "/sparse").c_str(), 7ll << 30), 0);
  std::stop_source stop;
  std::jthread canceller([&](const std::stop_token& test_over) {
    // Once content comes out at the other end.
    while (!test_over.stop_requested()) {
      for (const std::string& name : sys::list_dir(root_.tmp())) {
        const auto info = sys::try_lstat(root_.tmp() + "/" + name);
        if (info && info->st_size > 0) return stop.request_stop();
      }
    }
    return false;
  });
  try {
    write_layer(blobs_, upper(), stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCancelled);
  }
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

TEST_F(LayerWriteTest, ANameThatWouldBecomeAWhiteoutIsRefused) {
  write(".wh.passwd", "");
  try {
    write_layer(blobs_, upper());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_THAT(error.text(), HasSubstr("'.wh.passwd'"));
  }
  EXPECT_TRUE(sys::list_dir(root_.tmp()).empty());
}

}  // namespace
}  // namespace minibox::store
