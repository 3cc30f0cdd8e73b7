#include "registry/referrer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/index.h"
#include "oci/sha256.h"

namespace minibox::registry {
namespace {

using testing::HasSubstr;

oci::Descriptor described(const std::string& bytes, std::string type) {
  return {std::move(type), oci::Sha256::of(bytes), bytes.size(), {}, {}};
}

Document artifact() {
  return print_artifact({.type = "application/x",
                         .subject = described("image", std::string(oci::kManifestMediaType)),
                         .blobs = {described("blob", "application/y")}});
}

TEST(Referrer, AnArtifactNamesItsSubjectAndIsAlwaysTheSame) {
  const Document made = artifact();
  EXPECT_EQ(made.descriptor.digest, oci::Sha256::of(made.bytes));
  EXPECT_EQ(made.bytes, artifact().bytes);
  EXPECT_THAT(made.bytes, HasSubstr(R"("artifactType":"application/x","config":{"mediaType":)"
                                    R"("application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16)"
                                    R"(f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2})"));
  EXPECT_THAT(made.bytes,
              HasSubstr(R"("subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                        oci::Sha256::of("image").text()));
  EXPECT_THAT(made.bytes, HasSubstr(oci::Sha256::of("blob").text()));
}

TEST(Referrer, WhatOthersWroteUnderTheTagStays) {
  const std::string others =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":)"
      R"("application/vnd.oci.image.manifest.v1+json","digest":")" +
      oci::Sha256::of("signature").text() + R"(","size":9,"artifactType":"signature/x"}],"annotations":{"a":"b"}})";
  const auto added = add_referrer(Document{{}, others}, artifact(), "application/x");
  ASSERT_TRUE(added);
  EXPECT_THAT(added->bytes, HasSubstr(R"("artifactType":"signature/x")"));
  EXPECT_THAT(added->bytes, HasSubstr(R"("annotations":{"a":"b"})"));
  const oci::Index index = oci::Index::parse(added->bytes);
  ASSERT_EQ(index.manifests.size(), 2u);
  EXPECT_EQ(index.manifests[1].digest, artifact().descriptor.digest);
  EXPECT_FALSE(add_referrer(added, artifact(), "application/x")) << "nothing to add";
}

TEST(Referrer, TheFirstOneMakesTheIndex) {
  const auto added = add_referrer({}, artifact(), "application/x");
  ASSERT_TRUE(added);
  EXPECT_EQ(oci::Index::parse(added->bytes).manifests.size(), 1u);
  EXPECT_EQ(added->descriptor.media_type, oci::kIndexMediaType);
  EXPECT_EQ(referrers_tag(oci::Sha256::of("image")), "sha256-" + oci::Sha256::of("image").hex());
}

TEST(Referrer, SomethingElseUnderTheTagIsLeftAlone) {
  EXPECT_THROW(add_referrer(Document{{}, artifact().bytes}, artifact(), "application/x"), Error);
}

}  // namespace
}  // namespace minibox::registry
