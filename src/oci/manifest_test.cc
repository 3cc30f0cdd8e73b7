#include "oci/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/index.h"

namespace minibox::oci {
namespace {

using testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, '1');

std::string descriptor(const std::string& media_type) {
  return R"({"mediaType":")" + media_type + R"(","digest":")" + kDigest + R"(","size":7})";
}

std::string manifest(const std::string& extra = "", const std::string& layer = std::string(kGzipLayerMediaType)) {
  return R"({"schemaVersion":2,"config":)" + descriptor(std::string(kConfigMediaType)) + R"(,"layers":[)" +
         descriptor(layer) + "]" + extra + "}";
}

template <typename Document>
std::string refusal(const std::string& bytes) {
  try {
    Document::parse(bytes);
    return "accepted";
  } catch (const Error& error) {
    return error.text();
  }
}

TEST(Manifest, ReadsWhatItPrints) {
  Manifest made;
  made.config = {std::string(kConfigMediaType), Digest::parse(kDigest), 12, {}, {}};
  made.layers.push_back({std::string(kGzipLayerMediaType), Digest::parse(kDigest), 34, {{"k", "v"}}, {}});
  made.annotations["a"] = "b";
  EXPECT_EQ(Manifest::parse(made.print()), made);
}

TEST(Manifest, AcceptsDockerSchema2) {
  const std::string bytes = R"({"schemaVersion":2,"mediaType":")" + std::string(kDockerManifestMediaType) +
                            R"(","config":)" + descriptor("application/vnd.docker.container.image.v1+json") +
                            R"(,"layers":[)" + descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip") + "]}";
  EXPECT_EQ(Manifest::parse(bytes).layers.size(), 1u);
}

TEST(Manifest, RefusesHostileDocuments) {
  EXPECT_THAT(refusal<Manifest>(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal<Manifest>("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(refusal<Manifest>("{}"), HasSubstr("schemaVersion"));
  EXPECT_THAT(refusal<Manifest>(std::string(5u << 20, ' ')), HasSubstr("larger than"));
  EXPECT_THAT(refusal<Manifest>("{\"a\":" + std::string(100000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(refusal<Manifest>(manifest(R"(,"manifests":[])")), HasSubstr("has no place in a manifest"));
  EXPECT_THAT(refusal<Manifest>(manifest("", "application/x-evil")), HasSubstr("'application/x-evil'"));
  EXPECT_THAT(refusal<Manifest>(manifest(R"(,"annotations":{"a":1})")), HasSubstr("'annotations'"));
  EXPECT_THAT(
      refusal<Manifest>(R"({"schemaVersion":2,"config":{"mediaType":"x","digest":")" + kDigest + R"(","size":-1}})"),
      HasSubstr("image manifest.config: property 'size' is negative"));
}

TEST(Index, ReadsWhatItPrints) {
  Index made;
  made.manifests.push_back({std::string(kManifestMediaType),
                            Digest::parse(kDigest),
                            9,
                            {{std::string(kRefNameAnnotation), "busybox"}},
                            {"arm64", "linux", "v8"}});
  EXPECT_EQ(Index::parse(made.print()), made);
  EXPECT_THAT(made.print(), HasSubstr("\n  \"manifests\""));
}

TEST(Index, RefusesHostileDocuments) {
  EXPECT_THAT(refusal<Index>(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal<Index>(R"({"schemaVersion":2})"), HasSubstr("'manifests' is missing"));
  EXPECT_THAT(refusal<Index>(R"({"schemaVersion":2,"manifests":[],"layers":[]})"), HasSubstr("no place in an index"));
  EXPECT_THAT(refusal<Index>(R"({"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:../x","size":1}]})"),
              HasSubstr("image index.manifests[0]"));
}

}  // namespace
}  // namespace minibox::oci
