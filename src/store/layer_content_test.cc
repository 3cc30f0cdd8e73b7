// Layers of every compression, indexed, and read through their index.
#include "store/layer_content.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/resource.h>
#include <zlib.h>
#include <zstd.h>

#include <atomic>
#include <climits>
#include <cstdlib>
#include <latch>
#include <random>
#include <thread>

#include "store/decompressor.h"
#include "store/layer_chunk.h"
#include "store/layer_indexer.h"
#include "store/store_fixture.h"

namespace minibox::store {
namespace {

using testing::HasSubstr;

// Neither random nor simple: words, so that deflate has matches near and far.
std::string words(size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::string text;
  while (text.size() < size) text += "word" + std::to_string(random() % 5000) + (random() % 7 == 0 ? "\n" : " ");
  text.resize(size);
  return text;
}

std::string zlib_gzip(const std::string& bytes, int level = 1) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string output(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  output.resize(stream.total_out);
  ::deflateEnd(&stream);
  return output;
}

std::string zstd_frame(const std::string& bytes) {
  std::string output(ZSTD_compressBound(bytes.size()), '\0');
  output.resize(ZSTD_compress(output.data(), output.size(), bytes.data(), bytes.size(), 3));
  return output;
}

std::string in_pieces(const std::string& bytes, size_t size,
                      const std::function<std::string(const std::string&)>& pack) {
  std::string output;
  for (size_t at = 0; at < bytes.size(); at += size) output += pack(bytes.substr(at, size));
  return output;
}

class LayerContentTest : public StoreTest {
 protected:
  // About `size` bytes in a few files.
  static std::string archive(size_t size) {
    return tar([&](TarWriter& tar) {
      tar.add(entry("./", S_IFDIR | 0755));
      for (unsigned i = 0; i < 3; ++i) tar.add_file(entry(std::to_string(i), S_IFREG | 0644), words(size / 3 + i, i));
    });
  }
  IndexAttempt attempt(const std::string& bytes, const LayerLimits& limits = {}) {
    const oci::Descriptor blob = blobs_.put(bytes, "");
    return make_layer_index(blobs_.open(blob.digest), blob.digest, {}, limits);
  }
  LayerIndex index_of(const std::string& bytes) {
    IndexAttempt made = attempt(bytes);
    EXPECT_EQ(made.why_not, "");
    // As everybody reads it.
    return LayerIndex::parse(made.index.value().print());
  }
  FileRanges ranges(const LayerIndex& index) { return FileRanges(blobs_.open(index.blob)); }

  static std::string read(LayerContent& content, std::uint64_t offset, size_t size) {
    std::string buffer(size, '\0');
    content.read(offset, buffer.data(), size);
    return buffer;
  }
  // Each byte of `blob` reads as `tar` has it, in order and at random, whatever is in the cache.
  void expect_readable(const std::string& blob, const std::string& tar) {
    const LayerIndex index = index_of(blob);
    ASSERT_EQ(index.size, tar.size());
    EXPECT_EQ(index.diff_id, oci::Sha256::of(tar));
    EXPECT_EQ(index.blob_size, blob.size());
    FileRanges file = ranges(index);
    LayerContent whole(index, file, 0);
    ASSERT_EQ(read(whole, 0, tar.size()), tar);
    LayerContent content(index, file, 8u << 20);
    std::minstd_rand random(7);
    for (int i = 0; i < 40; ++i) {
      const size_t offset = random() % tar.size();
      const size_t size = std::min<size_t>(random() % 300'000, tar.size() - offset);
      ASSERT_TRUE(read(content, offset, size) == tar.substr(offset, size)) << offset << " " << size;
    }
  }
};

TEST_F(LayerContentTest, EveryByteOfAForeignGzipLayerIsFound) {
  const std::string tar = archive(10u << 20);
  const std::string blob = zlib_gzip(tar);
  expect_readable(blob, tar);
  EXPECT_EQ(index_of(blob).chunks.size(), 3u);
}

TEST_F(LayerContentTest, GzipMembersOfAnySizeAreEntered) {
  const std::string tar = archive(7u << 20);
  const auto pack = [](const std::string& piece) { return zlib_gzip(piece); };
  for (const size_t size : {size_t{30'000}, size_t{1'500'000}, size_t{6'000'000}}) {
    expect_readable(in_pieces(tar, size, pack), tar);
  }
  const std::string empty = zlib_gzip("");
  expect_readable(empty + in_pieces(tar, 5u << 20, pack) + empty + empty, tar);
}

TEST_F(LayerContentTest, StoredBlocksOfGzipAreEntered) {
  const std::string tar = archive(10u << 20);
  expect_readable(zlib_gzip(tar, 0), tar);
}

TEST_F(LayerContentTest, ZstdFramesAreEntered) {
  const std::string tar = archive(7u << 20);
  for (const size_t size : {size_t{50'000}, size_t{3'000'000}, size_t{40'000'000}}) {
    expect_readable(in_pieces(tar, size, zstd_frame), tar);
  }
}

TEST_F(LayerContentTest, APlainArchiveIsEntered) {
  const std::string tar = archive(9u << 20);
  expect_readable(tar, tar);
  expect_readable(tar + std::string((4u << 20) - tar.size() % (2u << 20), '\0'),
                  tar + std::string((4u << 20) - tar.size() % (2u << 20), '\0'));
}

TEST_F(LayerContentTest, AZstdFrameThatIsTooLargeHasNoIndex) {
  const IndexAttempt made = attempt(zstd_frame(std::string(65u << 20, '\0')));
  EXPECT_FALSE(made.index);
  EXPECT_THAT(made.why_not, HasSubstr("one piece of more than 64 MiB"));
}

TEST_F(LayerContentTest, AChangedByteIsFound) {
  const std::string tar = archive(6u << 20);
  for (const std::string& good : {zlib_gzip(tar), gzip(tar), in_pieces(tar, 3u << 20, zstd_frame), tar}) {
    const LayerIndex index = index_of(good);
    std::string bad = good;
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
    FileRanges file(blobs_.open(blobs_.put(bad, "").digest));
    LayerContent content(index, file, 1);
    try {
      read(content, 0, index.size);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
      EXPECT_THAT(error.text(), HasSubstr("layer " + index.blob.short_hex() + ": chunk "));
    }
  }
}

TEST_F(LayerContentTest, ABlobThatIsCutShortIsFound) {
  const std::string tar = archive(6u << 20);
  const std::string good = zlib_gzip(tar);
  const LayerIndex index = index_of(good);
  FileRanges file(blobs_.open(blobs_.put(good.substr(0, good.size() / 2), "").digest));
  LayerContent content(index, file, 1);
  EXPECT_THROW(read(content, 0, index.size), Error);
}

TEST_F(LayerContentTest, AnIndexThatLiesAboutAChunkIsFound) {
  const std::string tar = archive(12u << 20);
  const LayerIndex good = index_of(zlib_gzip(tar));
  ASSERT_GE(good.chunks.size(), 3u);
  FileRanges file = ranges(good);
  const auto expect_corrupt = [&](const std::function<void(LayerChunk&)>& spoil) {
    LayerIndex bad = good;
    spoil(bad.chunks[1]);
    LayerContent content(bad, file, 1);
    try {
      read(content, bad.chunks[1].offset, 1);
      ADD_FAILURE() << "read";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
    }
  };
  expect_corrupt([](LayerChunk& chunk) { chunk.digest = oci::Sha256::of("other"); });
  expect_corrupt([](LayerChunk& chunk) { chunk.window.assign(chunk.window.size(), 'x'); });
  expect_corrupt([](LayerChunk& chunk) { chunk.window.clear(); });
  expect_corrupt([](LayerChunk& chunk) { chunk.bits = (chunk.bits + 1) % 8; });
  expect_corrupt([](LayerChunk& chunk) { chunk.raw_deflate = false; });
  expect_corrupt([](LayerChunk& chunk) { ++chunk.blob_offset; });
  expect_corrupt([](LayerChunk& chunk) { chunk.blob_end -= 1000; });
}

TEST_F(LayerContentTest, ContentLiesWhereTheEntrySaysItDoes) {
  const std::string long_name(200, 'n');
  const std::string bytes = tar([&](TarWriter& tar) {
    tar.add(entry("./", S_IFDIR | 0755));
    tar.add(entry("d/", S_IFDIR | 0755));
    tar.add_file(entry("d/f", S_IFREG | 0644), "content");
    tar.add_file(entry(long_name + "/" + long_name + "/\xc3\xa9", S_IFREG | 0644), words(100'000, 1));
    TarEntry with_xattrs = entry("x", S_IFREG | 0644);
    with_xattrs.xattrs = {{"trusted.overlay.opaque", "y"}, {"user.note", std::string(3000, 'v')}};
    tar.add_file(with_xattrs, "after attributes");
    tar.add_file(entry("empty", S_IFREG | 0600), "");
    tar.add(link("second", "./d/f", true));
    tar.add(link("symbolic", "d/f"));
    tar.add_file(entry("bytes\xff", S_IFREG | 0644), "no UTF-8");
  });
  const LayerIndex index = index_of(zlib_gzip(bytes));
  FileRanges file = ranges(index);
  LayerContent content(index, file, 1);
  std::map<std::string, std::string> contents;
  std::vector<std::string> paths;
  for (const IndexedEntry& each : index.entries) {
    paths.push_back(each.entry.path);
    if (S_ISREG(each.entry.mode)) contents[each.entry.path] = read(content, each.content, each.entry.size);
  }
  const std::string deep = long_name + "/" + long_name + "/\xc3\xa9";
  EXPECT_EQ(paths, (std::vector<std::string>{"", "d", "d/f", deep, "x", "empty", "second", "symbolic", "bytes\xff"}));
  EXPECT_EQ(contents, (std::map<std::string, std::string>{{"d/f", "content"},
                                                          {deep, words(100'000, 1)},
                                                          {"x", "after attributes"},
                                                          {"empty", ""},
                                                          {"bytes\xff", "no UTF-8"}}));
  EXPECT_EQ(index.entries[6].entry.link_target, "d/f");
  EXPECT_EQ(index.entries[7].entry.link_target, "d/f");
  EXPECT_EQ(index.entries[4].entry.xattrs.size(), 1u) << "the kernel's own are no content";
}

std::string tar_with_a_sparse_file() {
  std::string bytes(1u << 20, '\0');
  size_t used = 0;
  archive* const writer = archive_write_new();
  archive_entry* const entry = archive_entry_new();
  archive_write_set_format_pax(writer);
  archive_write_open_memory(writer, bytes.data(), bytes.size(), &used);
  archive_entry_set_pathname(entry, "sparse");
  archive_entry_set_mode(entry, S_IFREG | 0644);
  archive_entry_set_size(entry, 100'000);
  archive_entry_sparse_add_entry(entry, 50'000, 10);
  archive_write_header(writer, entry);
  const std::string content(100'000, 'x');
  archive_write_data(writer, content.data(), content.size());
  archive_write_close(writer);
  archive_entry_free(entry);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

TEST_F(LayerContentTest, ALayerWithASparseFileHasNoIndex) {
  const std::string tar = tar_with_a_sparse_file();
  ASSERT_LT(tar.size(), 50'000u) << "the hole is not in it";
  EXPECT_THAT(attempt(tar).why_not, HasSubstr("'sparse' is stored as a sparse file"));
}

TEST_F(LayerContentTest, AFalseSparseMapHasNoIndex) {
  EXPECT_THAT(attempt(tar_with_a_false_sparse_map()).why_not, HasSubstr("'f' is stored as a sparse file"));
}

TEST_F(LayerContentTest, WhatTakesTooMuchMemoryHasNoIndex) {
  const auto why_not = [&](const LayerLimits& limits, const std::function<void(TarWriter&)>& fill) {
    return attempt(gzip(tar(fill)), limits).why_not;
  };
  const auto links = [](TarWriter& tar) {
    for (int i = 0; i < 100; ++i) tar.add(link(std::to_string(i), std::string(1000, 'x')));
  };
  EXPECT_EQ(why_not({.max_index_text = 101'000}, links), "");
  EXPECT_THAT(why_not({.max_index_text = 99'000}, links), HasSubstr("names and attributes in the layer are too large"));
  const auto attributes = [](TarWriter& tar) {
    TarEntry made = entry("f", S_IFREG);
    made.xattrs = {{"user.x", std::string(2000, 'x')}};
    tar.add_file(made, "");
  };
  EXPECT_THAT(why_not({.max_index_text = 2000}, attributes), HasSubstr("are too large"));
  EXPECT_THAT(why_not({.max_entries = 99}, links), HasSubstr("too many entries"));
}

TEST_F(LayerContentTest, ASparseMapThatFillsTheMemoryIsRefused) {
  std::string map = "10000000\n";
  while (map.size() < 20u << 20) map += "0\n0\n";
  const IndexAttempt made = attempt(zlib_gzip(sparse_member(map)));
  EXPECT_THAT(made.why_not, HasSubstr("an entry's headers are too large"));
}

TEST_F(LayerContentTest, APathThatIsTooLongEndsTheListing) {
  const auto listed = [](const TarEntry& made) {
    const std::string bytes = tar([&](TarWriter& tar) { tar.add(made); });
    bool is_read = false;
    return list_layer([&] { return std::exchange(is_read, true) ? std::string_view() : bytes; }).why_not;
  };
  std::string deep;
  while (deep.size() < PATH_MAX) deep += "d/";
  EXPECT_THAT(listed(entry(deep + "f", S_IFREG)), HasSubstr("too long a path"));
  EXPECT_THAT(listed(link("l", deep)), HasSubstr("too long a path"));
  EXPECT_EQ(listed(link("l", deep.substr(2))), "");
}

TEST_F(LayerContentTest, ABombIsNotReadToItsEnd) {
  const std::string bomb =
      zlib_gzip(tar([](TarWriter& tar) { tar.add_file(entry("zeros", S_IFREG), std::string(10u << 20, '\0')); }));
  EXPECT_THAT(attempt(bomb, {.max_bytes = 5u << 20, .max_ratio = 2}).why_not, HasSubstr("more than 5242880 bytes"));
  EXPECT_EQ(attempt(bomb, {.max_bytes = 5u << 20, .max_ratio = 2000}).why_not, "");
}

TEST_F(LayerContentTest, MoreWindowsThanAnybodyReadsAreNotCollected) {
  LayerChunkList chunks;
  const auto add = [&] {
    chunks.cut({.raw_deflate = true, .window = std::string(32u << 10, 'x')});
    chunks.add("x");
  };
  for (std::uint64_t i = 0; i < kMaxWindows / (32u << 10); ++i) add();
  EXPECT_THROW(add(), Error);
}

// In a process of its own, which gets no more memory.
TEST_F(LayerContentTest, NoMemoryIsNoVerdict) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "the sanitizer ends a process that has no memory";
#endif
  // A header that libarchive keeps in one piece.
  const std::string bytes = raw_member('x', "f", std::string(1'000'000, ' '));
  const auto list = [&] {
    bool is_read = false;
    const rlimit none{};
    if (::setrlimit(RLIMIT_DATA, &none) != 0) ::_exit(3);
    void* volatile taken = nullptr;  // what is free in pieces as large as that
    do {
      taken = std::malloc(512u << 10);
    } while (taken != nullptr);
    try {
      list_layer([&] { return std::exchange(is_read, true) ? std::string_view() : std::string_view(bytes); });
      ::_exit(1);
    } catch (const Error& error) {
      ::_exit(error.kind() == ErrorKind::kExhausted ? 0 : 2);
    }
  };
  EXPECT_EXIT(list(), testing::ExitedWithCode(0), "");
}

TEST_F(LayerContentTest, WhatAnIndexCantSayHasNone) {
  const auto why_not = [&](const std::function<void(TarWriter&)>& fill) { return attempt(gzip(tar(fill))).why_not; };
  EXPECT_THAT(why_not([](TarWriter& tar) { tar.add_file(entry("../f", S_IFREG), ""); }), HasSubstr("'../f'"));
  EXPECT_THAT(why_not([](TarWriter& tar) { tar.add(link("second", "missing", true)); }), HasSubstr("'missing'"));
  EXPECT_THAT(why_not([](TarWriter& tar) {
                tar.add(link("lib", "usr/lib"));
                tar.add_file(entry("lib/f", S_IFREG), "");
              }),
              HasSubstr("'lib/f': what it is in is not a directory"));
  EXPECT_THAT(attempt(std::string(2000, 'x')).why_not, HasSubstr("damaged archive"));
  EXPECT_TRUE(attempt("").index);
}

TEST_F(LayerContentTest, ADamagedBlobIsAnError) {
  const std::string good = zlib_gzip(archive(3u << 20));
  EXPECT_THROW(attempt(good.substr(0, good.size() - 9)), Error);
  EXPECT_THROW(attempt(good + "x"), Error);
  const std::string frame = zstd_frame(archive(3u << 20));
  EXPECT_THROW(attempt(frame.substr(0, frame.size() - 1)), Error);
}

TEST_F(LayerContentTest, IndexingIsCancelled) {
  const oci::Descriptor blob = blobs_.put(zlib_gzip(archive(3u << 20)), "");
  std::stop_source stop;
  stop.request_stop();
  try {
    make_layer_index(blobs_.open(blob.digest), blob.digest, stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCancelled);
  }
}

// Counts what is asked for, and fails when told to.
class CountedRanges : public BlobRanges {
 public:
  explicit CountedRanges(BlobRanges& ranges) : ranges_(ranges) {}
  std::string read(std::uint64_t offset, std::size_t size) override {
    ++reads;
    if (broken) throw Error(ErrorKind::kUnavailable, "no network");
    return ranges_.read(offset, size);
  }
  std::atomic<int> reads = 0;
  std::atomic<bool> broken = false;

 private:
  BlobRanges& ranges_;
};

TEST_F(LayerContentTest, ASequentialReaderFetchesEachChunkOnceWhateverTheCache) {
  const std::string tar = archive(9u << 20);
  const LayerIndex index = index_of(zlib_gzip(tar));
  FileRanges file = ranges(index);
  CountedRanges counted(file);
  LayerContent content(index, counted, 0);
  for (size_t at = 0; at < tar.size(); at += 100'000) read(content, at, std::min<size_t>(100'000, tar.size() - at));
  EXPECT_EQ(counted.reads, static_cast<int>(index.chunks.size()));
}

TEST_F(LayerContentTest, ManyThreadsShareOneFetchOfAChunk) {
  const std::string tar = archive(3u << 20);
  const LayerIndex index = index_of(gzip(tar));
  FileRanges file = ranges(index);
  CountedRanges counted(file);
  LayerContent content(index, counted, 100u << 20);
  constexpr int kThreads = 8;
  std::latch all(kThreads);
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        all.arrive_and_wait();
        if (read(content, 0, tar.size()) == tar) ++good;
      });
    }
  }
  EXPECT_EQ(good, kThreads);
  EXPECT_EQ(counted.reads, static_cast<int>(index.chunks.size()));
}

TEST_F(LayerContentTest, TheLeastUsedChunkMakesRoom) {
  const std::string tar = archive(9u << 20);
  const LayerIndex index = index_of(tar);
  ASSERT_GE(index.chunks.size(), 4u);
  FileRanges file = ranges(index);
  CountedRanges counted(file);
  LayerContent content(index, counted, 4u << 20);  // two chunks
  const auto touch = [&](size_t number) { read(content, index.chunks[number].offset, 1); };
  touch(0);
  touch(1);
  touch(0);
  touch(2);  // in the place of 1
  EXPECT_EQ(counted.reads, 3);
  touch(0);
  EXPECT_EQ(counted.reads, 3);
  touch(1);
  EXPECT_EQ(counted.reads, 4);
}

TEST_F(LayerContentTest, WhatFailedIsTriedAgain) {
  const std::string tar = archive(1u << 20);
  const LayerIndex index = index_of(tar);
  FileRanges file = ranges(index);
  CountedRanges counted(file);
  LayerContent content(index, counted, 1u << 20);
  counted.broken = true;
  EXPECT_THROW(read(content, 0, 10), Error);
  counted.broken = false;
  EXPECT_EQ(read(content, 0, 10), tar.substr(0, 10));
  EXPECT_THROW(read(content, index.size - 1, 2), Error) << "behind the end";
}

}  // namespace
}  // namespace minibox::store
