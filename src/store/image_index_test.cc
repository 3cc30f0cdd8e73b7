#include "store/image_index.h"

#include "oci/index.h"
#include "store/store_fixture.h"

namespace minibox::store {
namespace {

using testing::HasSubstr;

class ImageIndexTest : public StoreTest {
 protected:
  static oci::Descriptor manifest(char digit) {
    oci::Descriptor made;
    made.media_type = oci::kManifestMediaType;
    made.digest = oci::Digest::from_hex(std::string(64, digit));
    made.size = 10;
    return made;
  }
  static oci::Reference name(const std::string& text) { return oci::Reference::parse(text); }

  ImageIndex index_{root_};
};

TEST_F(ImageIndexTest, SpellingsOfOneNameAreOneImage) {
  index_.put(name("busybox"), manifest('1'));
  ASSERT_TRUE(index_.find(name("busybox:latest")));
  index_.put(name("busybox:latest"), manifest('2'));
  ASSERT_EQ(index_.list().size(), 1u);
  EXPECT_EQ(index_.list()[0].name, "busybox:latest");
  EXPECT_EQ(index_.find(name("busybox"))->manifest.digest, manifest('2').digest);
  EXPECT_FALSE(index_.find(name("busybox:1")));
}

TEST_F(ImageIndexTest, FindsByDigestWithinTheRepository) {
  index_.put(name("app:1"), manifest('1'));
  EXPECT_TRUE(index_.find(name("app@" + manifest('1').digest.text())));
  EXPECT_FALSE(index_.find(name("app@" + manifest('2').digest.text())));
  EXPECT_FALSE(index_.find(name("other@" + manifest('1').digest.text())));
}

TEST_F(ImageIndexTest, IsAnOciIndexOnTheDisk) {
  EXPECT_TRUE(index_.list().empty());
  index_.put(name("myapp:1"), manifest('1'));
  const oci::Index stored = oci::Index::parse(sys::read_file(root_.index_file()));
  ASSERT_EQ(stored.manifests.size(), 1u);
  EXPECT_EQ(stored.manifests[0].annotations.at("org.opencontainers.image.ref.name"), "myapp:1");
  EXPECT_TRUE(ImageIndex(root_).find(name("myapp:1")));
}

TEST_F(ImageIndexTest, RemovesByAnySpelling) {
  index_.put(name("busybox"), manifest('1'));
  EXPECT_TRUE(index_.remove(name("docker.io/library/busybox")));
  EXPECT_FALSE(index_.remove(name("busybox")));
  EXPECT_TRUE(ImageIndex(root_).list().empty());
}

TEST_F(ImageIndexTest, AnAnnotationLeavesTheOthersAloneAndAnotherImageToo) {
  oci::Descriptor first = manifest('1');
  first.annotations["made"] = "then";
  index_.put(name("app"), first);
  EXPECT_TRUE(index_.annotate(name("app:latest"), first.digest, "seen", "yes"));
  EXPECT_FALSE(index_.annotate(name("app"), manifest('2').digest, "seen", "no"));
  EXPECT_FALSE(index_.annotate(name("gone"), first.digest, "seen", "no"));
  const ImageIndex reread(root_);
  for (const ImageIndex* index : std::initializer_list<const ImageIndex*>{&index_, &reread}) {
    ASSERT_EQ(index->list().size(), 1u);
    const auto entry = index->find(name("app"));
    EXPECT_EQ(entry->name, "app");
    EXPECT_EQ(entry->manifest.annotations.at("made"), "then");
    EXPECT_EQ(entry->manifest.annotations.at("seen"), "yes");
  }
}

TEST_F(ImageIndexTest, ADamagedFileIsAnErrorAndNeverEmpty) {
  for (const std::string& damage : {"", "{", "{\"schemaVersion\":2,\"manifests\":[{}]}"}) {
    sys::write_file(root_.index_file(), damage);
    const ImageIndex damaged(root_);
    try {
      damaged.list();
      FAIL() << damage;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
      EXPECT_THAT(error.text(), HasSubstr(root_.index_file()));
      EXPECT_FALSE(error.hint().empty());
    }
    EXPECT_THROW(ImageIndex(root_).put(name("a"), manifest('1')), Error);
    EXPECT_EQ(sys::read_file(root_.index_file()), damage);
  }
}

TEST_F(ImageIndexTest, ADigestCanNotBeChosen) {
  EXPECT_THROW(index_.put(name("a@" + manifest('2').digest.text()), manifest('1')), Error);
}

TEST_F(ImageIndexTest, AnImageNamedByItsDigestStandsBesideOthersOfItsRepository) {
  const std::string by_digest = "a@" + manifest('1').digest.text();
  index_.put(name("a"), manifest('2'));
  index_.put(name("a:1"), manifest('1'));
  index_.put(name(by_digest), manifest('1'));
  EXPECT_EQ(index_.list().size(), 3u);
  const ImageIndex again(root_);
  EXPECT_EQ(again.find(name("a"))->manifest.digest, manifest('2').digest);
  EXPECT_EQ(again.find(name(by_digest))->manifest.digest, manifest('1').digest);
  EXPECT_TRUE(index_.remove(name(by_digest)));
  EXPECT_TRUE(index_.find(name("a:1"))) << "the name itself goes before others of this digest";
  EXPECT_TRUE(index_.find(name("a")));
}

TEST_F(ImageIndexTest, TheDigestOfAnIndexFindsTheManifestThatWasChosenFromIt) {
  oci::Descriptor chosen = manifest('1');
  chosen.annotations[kRequestedAnnotation] = manifest('9').digest.text();
  const std::string by_index = "a@" + manifest('9').digest.text();
  index_.put(name(by_index), chosen);
  EXPECT_EQ(index_.find(name(by_index))->manifest.digest, manifest('1').digest);
  EXPECT_TRUE(index_.find(name("a@" + manifest('1').digest.text())));
}

}  // namespace
}  // namespace minibox::store
