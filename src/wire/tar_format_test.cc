#include "wire/tar_format.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace minibox::wire {
namespace {

// A source that gives `archive` in pieces of `piece` bytes.
TarReader::Source pieces(const std::string& archive, size_t piece) {
  return [&archive, piece, at = size_t{0}](char* buffer, size_t size) mutable {
    const size_t got = std::min({size, piece, archive.size() - at});
    std::copy_n(archive.data() + at, got, buffer);
    at += got;
    return got;
  };
}

std::string file(TarEntry entry, const std::string& content) {
  entry.size = content.size();
  return print_tar_header(entry) + content + std::string(tar_padding(content.size()), '\0');
}

TarEntry named(const std::string& path) {
  TarEntry entry;
  entry.path = path;
  return entry;
}

std::string content_of(TarReader& reader) {
  std::string content;
  char buffer[100];
  while (const size_t got = reader.read(buffer, sizeof buffer)) content.append(buffer, got);
  return content;
}

TEST(TarFormat, WhatIsPrintedIsReadAgain) {
  TarEntry entry = named("dir/" + std::string(300, 'n'));
  entry.mode = 0640;
  entry.uid = 70'000'000;
  entry.gid = 12;
  entry.mtime = 1'700'000'000;
  TarEntry link = named("link");
  link.type = TarEntry::Type::kSymlink;
  link.link_target = std::string(200, 't');
  const std::string archive = file(entry, "content") + print_tar_header(link) + tar_end();
  for (const size_t piece : {1, 7, 512, 100'000}) {
    TarReader reader(pieces(archive, piece));
    TarEntry read;
    ASSERT_TRUE(reader.next(read));
    EXPECT_EQ(read.path, entry.path);
    EXPECT_EQ(read.mode, 0640u);
    EXPECT_EQ(read.uid, 70'000'000u);
    EXPECT_EQ(read.gid, 12u);
    EXPECT_EQ(read.mtime, 1'700'000'000);
    EXPECT_EQ(content_of(reader), "content");
    ASSERT_TRUE(reader.next(read));
    EXPECT_EQ(read.type, TarEntry::Type::kSymlink);
    EXPECT_EQ(read.link_target, link.link_target);
    EXPECT_FALSE(reader.next(read));
  }
}

TEST(TarFormat, ContentThatIsNotReadIsSkipped) {
  const std::string archive = file(named("one"), std::string(5000, '1')) + file(named("two"), "2") + tar_end();
  TarReader reader(pieces(archive, 100));
  TarEntry entry;
  ASSERT_TRUE(reader.next(entry));
  ASSERT_TRUE(reader.next(entry));
  EXPECT_EQ(entry.path, "two");
  EXPECT_EQ(content_of(reader), "2");
}

TEST(TarFormat, PathsAreMadePlain) {
  const std::string archive = file(named("./a//b/./c"), "") + file(named("./"), "") + tar_end();
  TarReader reader(pieces(archive, 512));
  TarEntry entry;
  ASSERT_TRUE(reader.next(entry));
  EXPECT_EQ(entry.path, "a/b/c");
  ASSERT_TRUE(reader.next(entry));
  EXPECT_EQ(entry.path, ".");
}

TEST(TarFormat, RefusesWhatLeadsOutside) {
  for (const char* path : {"/etc/passwd", "../x", "a/../../x", "a/.."}) {
    const std::string archive = file(named(path), "") + tar_end();
    TarReader reader(pieces(archive, 512));
    TarEntry entry;
    EXPECT_THROW(reader.next(entry), Error) << path;
  }
}

TEST(TarFormat, RefusesDamage) {
  std::string archive = file(named("one"), "content") + tar_end();
  std::string flipped = archive;
  flipped[5] ^= 1;
  for (const std::string& bad : {flipped, std::string(600, 'x'), archive.substr(0, 300), archive.substr(0, 515)}) {
    TarReader reader(pieces(bad, 64));
    TarEntry entry;
    EXPECT_THROW(
        {
          reader.next(entry);
          content_of(reader);
          reader.next(entry);
        },
        Error);
  }
}

}  // namespace
}  // namespace minibox::wire
