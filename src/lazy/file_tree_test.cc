#include "lazy/file_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <set>

#include "base/error.h"
#include "lazy/config.h"
#include "lazy/directory_listing.h"
#include "lazy/node_attributes.h"

namespace minibox::lazy {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr mode_t kFile = S_IFREG | 0644;
constexpr mode_t kDir = S_IFDIR | 0755;

class FileTreeTest : public ::testing::Test {
 protected:
  store::TarEntry& add(const std::string& path, mode_t mode) {
    store::IndexedEntry indexed;
    indexed.entry.path = path;
    indexed.entry.mode = mode;
    index_.entries.push_back(indexed);
    return index_.entries.back().entry;
  }
  void link(const std::string& path, const std::string& target) {
    store::TarEntry& entry = add(path, kFile);
    entry.hard_link = true;
    entry.link_target = target;
  }
  // 0 when it is not there.
  static FileTree::Id find(const FileTree& tree, const std::vector<std::string>& path) {
    FileTree::Id here = FileTree::kRoot;
    for (const std::string& name : path) here = here == 0 ? 0 : tree.child(*tree.find(here), name);
    return here;
  }
  static std::vector<std::string> names(const FileTree& tree, FileTree::Id id) {
    std::vector<std::string> names;
    for (const FileTree::Child& child : tree.find(id)->children) names.push_back(child.name);
    return names;
  }

  store::LayerIndex index_;
};

TEST_F(FileTreeTest, DirectoriesThatNoEntryNamesAreThereWithOrdinaryAttributes) {
  add("a/b/file", kFile);
  const FileTree tree(index_);
  const FileTree::Id id = find(tree, {"a", "b"});
  ASSERT_NE(id, 0u);
  const fuse_attr attr = attributes_of(*tree.find(id), id);
  EXPECT_EQ(attr.mode, mode_t{S_IFDIR | 0755});
  EXPECT_EQ(attr.uid, 0u);
  EXPECT_EQ(attr.nlink, 2u);
  EXPECT_EQ(tree.path_of(find(tree, {"a", "b", "file"})), "a/b/file");
}

TEST_F(FileTreeTest, TheRootHasTheAttributesOfItsEntry) {
  add("", S_IFDIR | 0700).uid = 7;
  const FileTree tree(index_);
  const fuse_attr attr = attributes_of(*tree.find(FileTree::kRoot), FileTree::kRoot);
  EXPECT_EQ(attr.mode, mode_t{S_IFDIR | 0700});
  EXPECT_EQ(attr.uid, 7u);
}

TEST_F(FileTreeTest, AWhiteoutIsADeviceWithoutANumber) {
  add("dir/.wh.gone", kFile);
  const FileTree tree(index_);
  const FileTree::Id id = find(tree, {"dir", "gone"});
  ASSERT_NE(id, 0u);
  EXPECT_TRUE(tree.find(id)->is_whiteout());
  const fuse_attr attr = attributes_of(*tree.find(id), id);
  EXPECT_EQ(attr.mode & S_IFMT, mode_t{S_IFCHR});
  EXPECT_EQ(attr.rdev, 0u);
  EXPECT_EQ(find(tree, {"dir", ".wh.gone"}), 0u);
}

TEST_F(FileTreeTest, AnOpaqueDirectoryCarriesTheMarkOfOverlayfs) {
  add("dir", kDir);
  add("dir/.wh..wh..opq", kFile);
  add("dir/.wh..wh.plnk", kDir);
  const FileTree tree(index_);
  const FileTree::Node& dir = *tree.find(find(tree, {"dir"}));
  EXPECT_THAT(xattrs_of(dir), ElementsAre(Pair("trusted.overlay.opaque", "y")));
  EXPECT_TRUE(dir.children.empty());
  EXPECT_TRUE(tree.has_xattrs());
}

TEST_F(FileTreeTest, ADirectoryMadeAnewInTheLayerThatRemovesItIsOpaque) {
  add(".wh.implied", kFile);
  add("implied/file", kFile);
  add(".wh.named", kFile);
  add("named", kDir);
  add("later", kDir);
  add(".wh.later", kFile);
  const FileTree tree(index_);
  for (const char* name : {"implied", "named", "later"}) EXPECT_TRUE(tree.find(find(tree, {name}))->opaque) << name;
}

TEST_F(FileTreeTest, HardLinksAreOneNode) {
  add("first", kFile).size = 5;
  link("dir/second", "first");
  const FileTree tree(index_);
  const FileTree::Id id = find(tree, {"first"});
  EXPECT_EQ(find(tree, {"dir", "second"}), id);
  EXPECT_EQ(tree.find(id)->links, 2u);
}

TEST_F(FileTreeTest, ALinkOutlivesTheNameItWasMadeOf) {
  add("first", kFile).size = 5;
  link("second", "first");
  add("first", kFile).size = 9;
  const FileTree tree(index_);
  const FileTree::Id old = find(tree, {"second"});
  EXPECT_NE(find(tree, {"first"}), old);
  EXPECT_EQ(tree.find(old)->entry->entry.size, 5u);
  EXPECT_EQ(tree.find(old)->links, 1u);
  EXPECT_EQ(tree.path_of(old), "second");
}

TEST_F(FileTreeTest, ALaterEntryReplacesAnEarlierOne) {
  add("kind", kDir);
  add("kind/lost", kFile);
  add("kind", kFile);
  add("other", kFile);
  add("other", kDir);
  add("other/kept", kFile);
  const FileTree tree(index_);
  EXPECT_EQ(tree.find(find(tree, {"kind"}))->type, mode_t{S_IFREG});
  EXPECT_NE(find(tree, {"other", "kept"}), 0u);
}

TEST_F(FileTreeTest, WhatCannotBeUnpackedIsNoTree) {
  add("file", kFile);
  add("file/below", kFile);
  EXPECT_THROW(FileTree{index_}, Error);
  index_.entries.clear();
  link("nothing", "nowhere");
  EXPECT_THROW(FileTree{index_}, Error);
}

TEST_F(FileTreeTest, AttributesOfTheKernelsOwnComeFromNoLayer) {
  add("file", kFile).xattrs = {{"trusted.overlay.redirect", "/etc"}, {"user.note", "x"}};
  const FileTree tree(index_);
  EXPECT_THAT(xattrs_of(*tree.find(find(tree, {"file"}))), ElementsAre(Pair("user.note", "x")));
}

// The kernel reads a page, and goes on where the last name said.
std::vector<std::string> read_all(const FileTree& tree, FileTree::Id id, size_t room, bool plus) {
  std::vector<std::string> names;
  for (std::uint64_t offset = 0;;) {
    const std::string page = list_directory(tree, id, offset, room, plus);
    if (page.empty()) return names;
    for (size_t at = 0; at < page.size();) {
      const size_t head = plus ? sizeof(fuse_entry_out) : 0;
      fuse_dirent dirent{};
      std::memcpy(&dirent, page.data() + at + head, FUSE_NAME_OFFSET);
      names.emplace_back(page.data() + at + head + FUSE_NAME_OFFSET, dirent.namelen);
      offset = dirent.off;
      at += FUSE_DIRENT_ALIGN(head + FUSE_NAME_OFFSET + dirent.namelen);
    }
  }
}

TEST_F(FileTreeTest, ADirectoryIsReadInPagesWithoutAGap) {
  std::set<std::string> expected = {".", ".."};
  for (int i = 0; i < 500; ++i) {
    add("dir/" + std::to_string(i), kFile);
    expected.insert(std::to_string(i));
  }
  const FileTree tree(index_);
  for (const bool plus : {false, true}) {
    const std::vector<std::string> names = read_all(tree, find(tree, {"dir"}), 700, plus);
    EXPECT_EQ(names.size(), expected.size());
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), expected);
  }
  EXPECT_THAT(names(tree, FileTree::kRoot), ElementsAre("dir"));
}

TEST(LazyConfigTest, PrintedAndParsedItIsTheSame) {
  Config config;
  config.data_root = "/data";
  config.reference = "localhost:5000/app:1";
  config.registries = "{\"timeout_ms\": 5}";
  config.proxies = {"http://proxy:1", "", "lan"};
  config.credentials = {{"localhost:5000", {"anna", "secret \"word\""}}};
  const oci::Digest digest = oci::Digest::from_hex(std::string(64, 'a'));
  oci::Descriptor blob;
  blob.media_type = "x";
  blob.digest = digest;
  blob.size = 7;
  config.layers = {{blob, digest, digest}};
  const Config parsed = Config::parse(config.print());
  EXPECT_EQ(parsed.print(), config.print());
  EXPECT_EQ(parsed.credentials.at(0).credentials.password, "secret \"word\"");
  EXPECT_EQ(parsed.layers.at(0).blob.size, 7u);
}

}  // namespace
}  // namespace minibox::lazy
