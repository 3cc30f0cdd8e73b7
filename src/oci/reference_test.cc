#include "oci/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::oci {
namespace {

std::string refusal(const std::string& text) {
  try {
    Reference::parse(text);
    return "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
    return error.text();
  }
}

TEST(Reference, KeepsWhatWasTypedApartFromTheNormalForm) {
  const Reference reference = Reference::parse("busybox");
  EXPECT_EQ(reference.text(), "busybox");
  EXPECT_EQ(reference.tag(), "");
  EXPECT_EQ(reference.name(), "docker.io/library/busybox:latest");
}

TEST(Reference, SpellingsOfOneImageNormaliseToOneName) {
  for (const char* text : {"busybox", "busybox:latest", "library/busybox", "docker.io/busybox",
                           "docker.io/library/busybox:latest", "index.docker.io/library/busybox"}) {
    EXPECT_EQ(Reference::parse(text).name(), "docker.io/library/busybox:latest") << text;
  }
  EXPECT_EQ(Reference::parse("team/app:1").name(), "docker.io/team/app:1");
}

TEST(Reference, AHostWithPortIsNotATag) {
  const Reference reference = Reference::parse("localhost:5000/deep/er/app:v1.2");
  EXPECT_EQ(reference.host(), "localhost:5000");
  EXPECT_EQ(reference.path(), "deep/er/app");
  EXPECT_EQ(reference.tag(), "v1.2");
  EXPECT_EQ(reference.repository(), "deep/er/app");
  EXPECT_EQ(Reference::parse("[::1]:5000/app").host(), "[::1]:5000");
  EXPECT_EQ(Reference::parse("localhost/app").registry(), "localhost");
  EXPECT_EQ(Reference::parse("Registry.Example.COM/app").registry(), "registry.example.com");
}

TEST(Reference, ReadsADigestAfterATag) {
  const std::string digest = "sha256:" + std::string(64, '0');
  const Reference reference = Reference::parse("quay.io/a/b:1@" + digest);
  EXPECT_EQ(reference.tag(), "1");
  ASSERT_TRUE(reference.digest());
  EXPECT_EQ(reference.digest()->text(), digest);
}

TEST(Reference, AcceptsTheSeparatorsOfTheDistributionSpec) {
  for (const char* text : {"a.b", "a_b", "a__b", "a-b", "a---b", "0", "a/b.c/d_e"}) {
    EXPECT_EQ(Reference::parse(text).text(), text);
  }
}

TEST(Reference, ALongNameLeavesRoomForTagAndDigest) {
  const std::string name = "quay.io/" + std::string(247, 'a');
  const std::string text = name + ":" + std::string(128, 't') + "@sha256:" + std::string(64, '0');
  EXPECT_EQ(Reference::parse(text).repository_name(), name);
  EXPECT_EQ(Reference::parse(text).tag().size(), 128u);
}

TEST(Reference, RefusesBadNamesWithTheReason) {
  using testing::HasSubstr;
  EXPECT_EQ(refusal(""), "invalid image name '': it is empty");
  EXPECT_THAT(refusal(std::string(256, 'a')), HasSubstr("longer than 255 characters"));
  EXPECT_THAT(refusal(std::string(457, 'a')), HasSubstr("longer than 456 characters"));
  EXPECT_THAT(refusal("MyApp"), HasSubstr("upper-case letters are not allowed"));
  EXPECT_THAT(refusal("../etc/passwd"), HasSubstr("bad registry host '..'"));
  EXPECT_THAT(refusal("a..b"), HasSubstr("bad component 'a..b'"));
  EXPECT_THAT(refusal("a/../b"), HasSubstr("bad component '..'"));
  EXPECT_THAT(refusal("a//b"), HasSubstr("empty name component"));
  EXPECT_THAT(refusal("a/"), HasSubstr("empty name component"));
  EXPECT_THAT(refusal("a\\b"), HasSubstr("bad component"));
  EXPECT_THAT(refusal("a___b"), HasSubstr("bad component"));
  EXPECT_THAT(refusal("-a"), HasSubstr("bad component"));
  EXPECT_THAT(refusal("a:"), HasSubstr("bad tag ''"));
  EXPECT_THAT(refusal("a:b:c"), HasSubstr("bad tag 'b:c'"));
  EXPECT_THAT(refusal("a:" + std::string(129, 'x')), HasSubstr("bad tag"));
  EXPECT_THAT(refusal("host:99999/a"), HasSubstr("bad registry port"));
  EXPECT_THAT(refusal("a@sha256:12"), HasSubstr("invalid sha256 digest '12'"));
  EXPECT_THAT(refusal(std::string("a\0b", 3)), HasSubstr("bad component"));
}

}  // namespace
}  // namespace minibox::oci
