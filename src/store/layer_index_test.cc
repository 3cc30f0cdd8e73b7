#include "store/layer_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <zstd.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "oci/sha256.h"

namespace minibox::store {
namespace {

using testing::HasSubstr;

std::string compressed(const std::string& text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 1));
  return bytes;
}

IndexedEntry entry(const std::string& path, mode_t mode) {
  IndexedEntry made;
  made.entry.path = path;
  made.entry.mode = mode;
  return made;
}

IndexedEntry hard_link(const std::string& path, const std::string& target) {
  IndexedEntry made = entry(path, 0);
  made.entry.hard_link = true;
  made.entry.link_target = target;
  return made;
}

LayerChunk chunk(std::uint64_t offset, std::uint64_t from, std::uint64_t to) {
  return {.offset = offset, .blob_offset = from, .blob_end = to, .digest = oci::Sha256::of(std::to_string(offset))};
}

// Two chunks, the second in the middle of a gzip stream, and an entry of each kind.
LayerIndex example() {
  LayerIndex index{.blob = oci::Sha256::of("blob"),
                   .blob_size = 500,
                   .diff_id = oci::Sha256::of("archive"),
                   .size = 10'000,
                   .compression = Compression::kGzip};
  index.chunks = {chunk(0, 0, 300), chunk(6000, 300, 490)};
  index.chunks[1].bits = 3;
  index.chunks[1].raw_deflate = true;
  index.chunks[1].window = std::string("a window\0\xff", 10);
  index.entries = {entry("", S_IFDIR | 0755), entry("bin", S_IFDIR | 01777)};
  IndexedEntry file = entry("bin/\xff.txt", S_IFREG | 04755);
  file.entry.uid = 1000;
  file.entry.gid = 100;
  file.entry.mtime = -5;
  file.mtime_ns = 999'999'999;
  file.entry.size = 3000;
  file.content = 1536;
  file.entry.xattrs = {{"security.capability", std::string("\0\1\xff", 3)}, {"user.note", ""}};
  index.entries.push_back(file);
  index.entries.push_back(hard_link("bin/second", "bin/\xff.txt"));
  IndexedEntry link = entry("sh", S_IFLNK | 0777);
  link.entry.link_target = "../anywhere\xfe";
  index.entries.push_back(link);
  IndexedEntry device = entry("null", S_IFCHR | 0666);
  device.entry.device = makedev(1, 300);
  index.entries.push_back(device);
  index.entries.push_back(entry(".wh.gone", S_IFREG));
  return index;
}

struct Refusal {
  ErrorKind kind = ErrorKind::kInternal;
  std::string text = "accepted";
};

template <typename Action>
Refusal refusal_of(Action action) {
  try {
    action();
    return {};
  } catch (const Error& error) {
    return {error.kind(), error.text()};
  }
}

// What parse() says of the example after `spoil`.
Refusal refusal(const std::function<void(LayerIndex&)>& spoil) {
  LayerIndex index = example();
  spoil(index);
  return refusal_of([&] { LayerIndex::parse(index.print()); });
}

void expect_corrupt(const std::function<void(LayerIndex&)>& spoil, const std::string& why) {
  const Refusal got = refusal(spoil);
  EXPECT_EQ(got.kind, ErrorKind::kCorrupt) << why;
  EXPECT_THAT(got.text, testing::AllOf(HasSubstr("layer index: "), HasSubstr(why)));
}

TEST(LayerIndex, WhatIsPrintedIsReadAsTheSame) {
  const LayerIndex before = example();
  const LayerIndex after = LayerIndex::parse(before.print());
  EXPECT_EQ(after.print(), before.print());
  EXPECT_EQ(after.blob, before.blob);
  EXPECT_EQ(after.blob_size, 500u);
  EXPECT_EQ(after.diff_id, before.diff_id);
  EXPECT_EQ(after.size, 10'000u);
  EXPECT_EQ(after.compression, Compression::kGzip);
  ASSERT_EQ(after.chunks.size(), 2u);
  EXPECT_EQ(after.chunks[1].window, before.chunks[1].window);
  EXPECT_EQ(after.chunks[1].bits, 3u);
  EXPECT_TRUE(after.chunks[1].raw_deflate);
  EXPECT_FALSE(after.chunks[0].raw_deflate);
  EXPECT_EQ(after.chunks[1].digest, before.chunks[1].digest);
  EXPECT_EQ(after.chunk_size(0), 6000u);
  EXPECT_EQ(after.chunk_size(1), 4000u);
  ASSERT_EQ(after.entries.size(), before.entries.size());
  const IndexedEntry& file = after.entries[2];
  EXPECT_EQ(file.entry.path, "bin/\xff.txt");
  EXPECT_EQ(file.entry.mode, S_IFREG | 04755u);
  EXPECT_EQ(file.entry.uid, 1000u);
  EXPECT_EQ(file.entry.mtime, -5);
  EXPECT_EQ(file.mtime_ns, 999'999'999);
  EXPECT_EQ(file.content, 1536u);
  EXPECT_EQ(file.entry.xattrs, before.entries[2].entry.xattrs);
  EXPECT_EQ(after.entries[3].entry.link_target, "bin/\xff.txt");
  EXPECT_TRUE(after.entries[3].entry.hard_link);
  EXPECT_EQ(after.entries[4].entry.link_target, "../anywhere\xfe") << "a symbolic link may say what it likes";
  EXPECT_EQ(after.entries[5].entry.device, makedev(1, 300));
}

TEST(LayerIndex, AnEmptyLayerHasNoChunks) {
  LayerIndex index{.blob = oci::Sha256::of(""), .diff_id = oci::Sha256::of("")};
  EXPECT_EQ(LayerIndex::parse(index.print()).size, 0u);
  index.size = 1;
  EXPECT_THAT(refusal_of([&] { LayerIndex::parse(index.print()); }).text, HasSubstr("it has no chunks"));
}

TEST(LayerIndex, ChunksCoverTheArchiveAndStayInTheBlob) {
  const auto chunk_1 = [](auto change) { return [=](LayerIndex& index) { change(index.chunks[1]); }; };
  const auto chunk_0 = [](auto change) { return [=](LayerIndex& index) { change(index.chunks[0]); }; };
  expect_corrupt(chunk_0([](LayerChunk& c) { c.offset = 1; }), "chunk 1: the archive's beginning is in no chunk");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.offset = 0; }), "chunk 1: it does not end behind its beginning");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.offset = 10'000; }), "chunk 2: it does not end behind its beginning");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.offset = INT64_MAX; }), "chunk 1: it is larger");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.blob_end = 501; }), "chunk 2: its range of the blob");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.blob_end = 300; }), "chunk 2: its range of the blob");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.blob_offset = 299; }), "chunk 2: its range of the blob");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.blob_offset = INT64_MAX; }), "chunk 2: its range of the blob");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.bits = 8; }), "chunk 2: its first bits are nowhere");
  expect_corrupt(chunk_1([](LayerChunk& c) { c.window.assign(40'000, 'x'); }), "larger than 32 KiB");
  expect_corrupt(chunk_0([](LayerChunk& c) {
                   c.raw_deflate = true;
                   c.bits = 1;
                 }),
                 "chunk 1: its first bits are nowhere");
  expect_corrupt([](LayerIndex& index) { index.compression = Compression::kZstd; }, "only gzip is entered");
  expect_corrupt(
      [](LayerIndex& index) {
        index.compression = Compression::kNone;
        index.chunks[1] = chunk(6000, 300, 490);
      },
      "chunk 1: it is not where the blob has it");
  expect_corrupt(
      [](LayerIndex& index) {
        index.blob_size = 1ull << 40;
        index.chunks[1].blob_end = 1ull << 40;
      },
      "chunk 2: it needs too much of the blob");
  expect_corrupt([](LayerIndex& index) { index.size = 1ull << 40; }, "chunk 2: it is larger than 67108864 bytes");
}

TEST(LayerIndex, PathsStayInTheLayer) {
  const auto with_path = [](std::string path) {
    return [=](LayerIndex& index) { index.entries[2].entry.path = path; };
  };
  for (const std::string& path :
       {std::string("../x"), std::string("bin/../../x"), std::string("/x"), std::string("bin//x"), std::string("bin/"),
        std::string("./x"), std::string("."), std::string(".."), std::string("a\0b", 3), std::string(256, 'n'),
        std::string(5000, '/')}) {
    expect_corrupt(with_path(path), "the path is none, or leads out of the layer");
  }
  expect_corrupt(with_path(""), "the layer's root is not a directory");
  expect_corrupt(with_path("bin/.wh."), "the whiteout names nothing");
  expect_corrupt(with_path("bin/.wh..."), "the whiteout names nothing");
  expect_corrupt(with_path("\x1b[31m/../x"), "'\\x1b[31m/../x'");
}

TEST(LayerIndex, EntriesAreWhatALayerMayHold) {
  const auto file = [](auto change) { return [=](LayerIndex& index) { change(index.entries[2]); }; };
  expect_corrupt(file([](IndexedEntry& e) { e.content = 7001; }), "the content is not in it");
  expect_corrupt(file([](IndexedEntry& e) { e.content = INT64_MAX; }), "the content is not in it");
  expect_corrupt(file([](IndexedEntry& e) { e.entry.size = 10'001; }), "the content is not in it");
  expect_corrupt(file([](IndexedEntry& e) { e.mtime_ns = 1'000'000'000; }), "the time is out of range");
  expect_corrupt(file([](IndexedEntry& e) { e.entry.uid = UINT32_MAX; }), "the owner is out of range");
  expect_corrupt(file([](IndexedEntry& e) { e.entry.uid = 1ull << 32; }), "property 'uid' is out of range");
  expect_corrupt(file([](IndexedEntry& e) { e.entry.mode = S_IFSOCK | 0755; }), "this type of file has no place");
  expect_corrupt(file([](IndexedEntry& e) { e.entry.mode = 0755; }), "this type of file has no place");
  expect_corrupt(file([](IndexedEntry& e) { e.entry.xattrs = {{"trusted.overlay.redirect", "/etc"}}; }),
                 "'trusted.overlay.redirect' has no place in a layer");
  expect_corrupt(file([](IndexedEntry& e) { e.entry.xattrs = {{"user.x", std::string(70'000, 'x')}}; }), "'user.x'");
  expect_corrupt([](LayerIndex& index) { index.entries[4].entry.link_target = ""; }, "the symbolic link leads nowhere");
  expect_corrupt([](LayerIndex& index) { index.entries[4].entry.link_target = std::string("a\0b", 3); },
                 "the symbolic link leads nowhere");
}

TEST(LayerIndex, WhatAnEntryIsInIsADirectory) {
  expect_corrupt([](LayerIndex& index) { index.entries.push_back(entry("sh/x", S_IFREG)); },
                 "'sh/x': what it is in is not a directory");
  expect_corrupt([](LayerIndex& index) { index.entries.push_back(entry("bin/second/a/b", S_IFREG)); },
                 "'bin/second/a/b': what it is in is not a directory");
  EXPECT_EQ(refusal([](LayerIndex& index) { index.entries.push_back(entry("not/said/before", S_IFREG)); }).text,
            "accepted");
  EXPECT_EQ(refusal([](LayerIndex& index) { index.entries.push_back(entry("bin", S_IFREG)); }).text, "accepted")
      << "a later entry takes the place of an earlier one";
}

TEST(LayerIndex, AHardLinkLeadsToAnEarlierFile) {
  for (const std::string& target : {"", "bin", "missing", "../etc/passwd", "bin/../sh"}) {
    expect_corrupt([&](LayerIndex& index) { index.entries.push_back(hard_link("second", target)); },
                   "'second': the hard link leads to '" + target + "'");
  }
  expect_corrupt([](LayerIndex& index) { index.entries.push_back(hard_link("", "sh")); }, "the hard link leads to");
  EXPECT_EQ(refusal([](LayerIndex& index) { index.entries.push_back(hard_link("second", "sh")); }).text, "accepted");
}

std::string head(const std::string& chunks, const std::string& entries, const std::string& version = "1") {
  return R"({"version":)" + version + R"(,"blob":")" + std::string(64, 'a') +
         R"(","blob_size":0,"compression":"none","diff_id":")" + std::string(64, 'b') + R"(","size":0,"chunks":)" +
         chunks + R"(,"entries":)" + entries + "}\n";
}

TEST(LayerIndex, BytesThatAreNoIndexAreRefusedAndTheLineIsNamed) {
  const auto parse = [](const std::string& text) { return refusal_of([&] { LayerIndex::parse(compressed(text)); }); };
  EXPECT_EQ(parse(head("0", "0")).text, "accepted");
  EXPECT_EQ(parse(head("0", "1") + R"({"path":"a","mode":16877})" + "\n").text, "accepted");
  struct Case {
    std::string text;
    std::string why;
  };
  const std::vector<Case> cases = {
      {"", "it is empty"},
      {"[]\n", "line 1: it is not a JSON object"},
      {head("0", "0") + "{}\n", "line 2: is one too many"},
      {head("0", "2") + "{}", "the last line has no end"},
      {head("0", "1"), "lines are missing at its end"},
      {head("1", "0") + "{}\n", "line 2: chunk: property 'at' is missing"},
      {head("0", "1") + "{\"mode\":\"x\"}\n", "line 2: entry: property 'mode' is not an integer"},
      {head("0", "1") + "{\"path64\":\"%\"}\n", "line 2: there is text that is not base64"},
      {head("0", "1") + "{\"mode\":16877,\"xattrs\":[\"dXNlci5h\"]}\n", "line 2: entry: property 'xattrs' has a name"},
      {head("0", "-1"), "line 1: layer: property 'entries' is negative"},
      {head("0", "0") + "\n", "line 2: is one too many"},
      {head("0", "1") + "{\"path\":\"\xff\"}\n", "line 2: it is not valid JSON"},
  };
  for (const Case& each : cases) {
    const Refusal got = parse(each.text);
    EXPECT_EQ(got.kind, ErrorKind::kCorrupt) << each.why;
    EXPECT_THAT(got.text, HasSubstr("layer index: " + each.why));
  }
  EXPECT_EQ(parse(head("0", "0", "2")).kind, ErrorKind::kUnsupported);
  EXPECT_EQ(parse(head("0", "9000000000")).kind, ErrorKind::kExhausted);
  EXPECT_EQ(parse(head("0", "1") + std::string(3u << 20, ' ') + "\n").kind, ErrorKind::kExhausted);
  EXPECT_THAT(refusal_of([] { LayerIndex::parse("{}"); }).text, HasSubstr("not compressed with zstd"));
  EXPECT_THAT(refusal_of([] { LayerIndex::parse(example().print().substr(0, 200)); }).text, HasSubstr("cut short"));
}

TEST(LayerIndex, ASmallBlobThatBecomesHugeIsRefused) {
  LayerIndex index = example();
  constexpr std::uint64_t kChunks = 5000;
  index.size = 10 * kChunks;
  index.blob_size = 10 * kChunks;
  index.chunks.assign(kChunks, {});
  for (std::uint64_t i = 0; i < kChunks; ++i) {
    index.chunks[i] = chunk(10 * i, 10 * i, 10 * i + 10);
    index.chunks[i].raw_deflate = true;
    index.chunks[i].window.assign(32u << 10, 'x');
  }
  const std::string blob = index.print();
  ASSERT_LT(blob.size(), 1u << 20);
  const Refusal got = refusal_of([&] { LayerIndex::parse(blob); });
  EXPECT_EQ(got.kind, ErrorKind::kExhausted);
  EXPECT_THAT(got.text, HasSubstr("bytes of windows"));
}

TEST(LayerIndex, NothingIsPrintedThatNobodyReads) {
  const LayerIndex index = example();
  EXPECT_NO_THROW(index.print(4096));
  const Refusal got = refusal_of([&] { index.print(512); });
  EXPECT_EQ(got.kind, ErrorKind::kExhausted);
  EXPECT_THAT(got.text, HasSubstr("the index would have more than 512 bytes"));
}

}  // namespace
}  // namespace minibox::store
