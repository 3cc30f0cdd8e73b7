#include "registry/cache_record.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace minibox::registry {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kKey(64, 'a');

CacheRecord record() {
  return {kKey,
          {std::string(oci::kGzipLayerMediaType), oci::Digest::from_hex(std::string(64, 'b')), 123, {}, {}},
          oci::Digest::from_hex(std::string(64, 'c'))};
}

// What a record is refused for when `change` was made to it.
std::string refusal(const std::function<void(json&)>& change) {
  json document = json::parse(record().print());
  change(document);
  try {
    CacheRecord::parse(document.dump(), kKey);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
    return error.text();
  }
  return "";
}

TEST(CacheRecordTest, WhatIsPrintedIsReadAgain) {
  EXPECT_EQ(CacheRecord::parse(record().print(), kKey), record());
}

TEST(CacheRecordTest, TheLayerIsAReferenceThatRegistriesKeep) {
  const json document = json::parse(record().print());
  EXPECT_EQ(document["layers"][0]["mediaType"], oci::kGzipLayerMediaType);
  EXPECT_EQ(document["config"]["digest"], "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
}

TEST(CacheRecordTest, ARecordOfAnotherBlockIsRefused) {
  EXPECT_THAT(refusal([](json& it) { it["annotations"]["dev.minibox.cache.key"] = std::string(64, 'd'); }),
              HasSubstr("another block"));
}

TEST(CacheRecordTest, WhatIsNoRecordIsRefused) {
  EXPECT_EQ(refusal([](json&) {}), "");
  EXPECT_THAT(refusal([](json& it) { it.erase("artifactType"); }), HasSubstr("artifactType"));
  EXPECT_THAT(refusal([](json& it) { it["mediaType"] = oci::kIndexMediaType; }), HasSubstr("mediaType"));
  EXPECT_THAT(refusal([](json& it) { it["layers"].push_back(it["layers"][0]); }), HasSubstr("layers"));
  EXPECT_THAT(refusal([](json& it) { it["layers"] = json::array(); }), HasSubstr("layers"));
  EXPECT_THAT(refusal([](json& it) { it["layers"][0]["mediaType"] = "text/plain"; }), HasSubstr("mediaType"));
  EXPECT_THAT(refusal([](json& it) { it["layers"][0]["size"] = 1ull << 50; }), HasSubstr("size"));
  EXPECT_THAT(refusal([](json& it) { it["layers"][0]["digest"] = "sha256:../../etc"; }), HasSubstr("no record"));
  EXPECT_THAT(refusal([](json& it) { it["annotations"].erase("dev.minibox.cache.diff-id"); }), HasSubstr("no record"));
  EXPECT_THROW(CacheRecord::parse("{", kKey), Error);
  EXPECT_THROW(CacheRecord::parse("[]", kKey), Error);
}

}  // namespace
}  // namespace minibox::registry
