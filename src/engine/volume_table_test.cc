#include "engine/volume_table.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class VolumeTableTest : public ::testing::Test {
 protected:
  VolumeTableTest() {
    sys::make_dir(dir_.path() + "/volumes");
    sys::make_dir(dir_.path() + "/tmp");
  }
  static std::vector<std::string> nobody() { return {}; }
  sys::TempDir dir_{"/tmp", "minibox-unit."};
  VolumeTable table_{dir_.path() + "/volumes", dir_.path() + "/tmp"};
};

TEST_F(VolumeTableTest, ListsWhatWasCreatedAndNothingElse) {
  EXPECT_TRUE(table_.create("b"));
  EXPECT_TRUE(table_.create("a"));
  EXPECT_FALSE(table_.create("a"));
  sys::write_file(dir_.path() + "/volumes/file", "");
  sys::make_dir(dir_.path() + "/volumes/.hidden");
  EXPECT_THAT(table_.names(), ElementsAre("a", "b"));
}

TEST_F(VolumeTableTest, NamesLeadNowhereElse) {
  for (const char* name : {"", ".", "..", "../tmp", "a/b", "-a", "with space"}) {
    EXPECT_THROW(table_.create(name), Error) << name;
    EXPECT_THROW(table_.take_out(name, nobody), Error) << name;
  }
}

TEST_F(VolumeTableTest, OneInUseStays) {
  table_.create("data");
  try {
    table_.take_out("data", [] { return std::vector<std::string>{"db", "web"}; });
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConflict);
    EXPECT_THAT(error.text(), HasSubstr("'data' is in use by 'db', 'web'"));
  }
  EXPECT_TRUE(table_.exists("data"));
}

TEST_F(VolumeTableTest, OneTakenOutIsGoneAtOnce) {
  table_.create("data");
  const std::string aside = table_.take_out("data", nobody);
  EXPECT_TRUE(sys::exists(aside));
  EXPECT_THAT(table_.names(), IsEmpty());
  EXPECT_THROW(table_.take_out("data", nobody), Error);
}

}  // namespace
}  // namespace minibox::engine
