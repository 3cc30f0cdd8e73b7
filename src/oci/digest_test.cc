#include "oci/digest.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::oci {
namespace {

const std::string kHex(64, 'a');

TEST(Digest, ParsesAndPrints) {
  const Digest digest = Digest::parse("sha256:" + kHex);
  EXPECT_EQ(digest.hex(), kHex);
  EXPECT_EQ(digest.text(), "sha256:" + kHex);
  EXPECT_EQ(digest, Digest::from_hex(kHex));
  EXPECT_LT(digest, Digest::from_hex(std::string(64, 'b')));
}

TEST(Digest, RefusesAnythingThatCouldBecomeAPath) {
  for (const std::string& text :
       {std::string(), "sha256:" + kHex.substr(1), "sha256:" + kHex + "a", "sha256:../" + kHex.substr(3),
        "sha256:" + std::string(64, 'A'), "md5:" + kHex, kHex, "sha256:" + kHex.substr(1) + "\n"}) {
    EXPECT_THROW(Digest::parse(text), Error) << text;
  }
}

TEST(Digest, NamesTheUnsupportedAlgorithm) {
  try {
    Digest::parse("sha512:" + kHex + kHex);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
  }
}

}  // namespace
}  // namespace minibox::oci
