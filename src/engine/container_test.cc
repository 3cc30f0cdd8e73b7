#include "engine/container.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::engine {
namespace {

ContainerPtr make(const std::string& id, const std::string& name = "") {
  auto container = std::make_shared<Container>();
  container->record.info.id = id;
  container->record.info.name = name;
  return container;
}

TEST(ContainerTable, FindsByIdNameAndUniquePrefix) {
  ContainerTable table;
  table.insert(make("0123abcd", "web"));
  table.insert(make("01f00000"));
  EXPECT_EQ(table.find("0123abcd"), table.find("web"));
  EXPECT_EQ(table.find("012"), table.find("web"));
  EXPECT_THROW(table.find("01"), Error);
  EXPECT_THROW(table.find("ff"), Error);
  EXPECT_THROW(table.find(""), Error);
}

TEST(ContainerTable, ATakenNameIsRefusedAndFreeAgainAfterErase) {
  ContainerTable table;
  table.insert(make("0123abcd", "web"));
  try {
    table.insert(make("ffffffff", "web"));
    FAIL() << "the name was given twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExists);
  }
  EXPECT_FALSE(table.contains("ffffffff"));
  table.erase("0123abcd");
  table.insert(make("ffffffff", "web"));
  EXPECT_TRUE(table.contains("ffffffff"));
}

TEST(ContainerRecord, PrintAndParseAgreeAndDamageIsNamed) {
  ContainerRecord record;
  record.info.id = "0123abcd";
  record.info.status = "exited";
  record.info.exit_code = 137;
  record.request.image = "busybox";
  record.request.env = {"A=b"};
  record.layers = {oci::Digest::from_hex(std::string(64, 'a'))};
  const ContainerRecord parsed = ContainerRecord::parse(record.print());
  EXPECT_EQ(parsed.print(), record.print());
  EXPECT_EQ(parsed.info.exit_code, 137);
  EXPECT_THROW(ContainerRecord::parse("{\"info\":"), Error);
  EXPECT_THROW(ContainerRecord::parse("{}"), Error);
}

}  // namespace
}  // namespace minibox::engine
