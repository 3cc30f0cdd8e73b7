#include "engine/user_lookup.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::engine {
namespace {

constexpr char kPasswd[] =
    "root:x:0:0:root:/root:/bin/sh\nwww:x:33:34:www:/var/www:/bin/sh\nbroken\nhuge:x:99999999999:0::/:\n";
constexpr char kGroup[] = "root:x:0:\nwww:x:34:\nssl:x:110:other,www\nstaff:x:50:\n";

ResolvedUser resolve(const std::string& user) {
  return resolve_user_in(user, kPasswd, kGroup);
}

std::string error_of(const std::string& user) {
  try {
    resolve(user);
  } catch (const Error& error) {
    return error.text();
  }
  return "no error";
}

TEST(UserLookup, NamesBringTheirGroupHomeAndSupplementaryGroups) {
  const ResolvedUser www = resolve("www");
  EXPECT_EQ(www.ids.uid, 33u);
  EXPECT_EQ(www.ids.gid, 34u);
  EXPECT_EQ(www.home, "/var/www");
  EXPECT_EQ(www.ids.additional_gids, std::vector<unsigned>{110});
}

TEST(UserLookup, AGivenGroupReplacesTheUsersOwn) {
  EXPECT_EQ(resolve("www:staff").ids.gid, 50u);
  EXPECT_EQ(resolve("www:7").ids.gid, 7u);
  EXPECT_TRUE(resolve("www:staff").ids.additional_gids.empty());
}

TEST(UserLookup, NumbersNeedNoEntry) {
  EXPECT_EQ(resolve("1234").ids.uid, 1234u);
  EXPECT_EQ(resolve("1234").ids.gid, 0u);
  EXPECT_EQ(resolve("33").ids.gid, 34u);
}

TEST(UserLookup, UnknownNamesAreErrorsNeverRoot) {
  EXPECT_EQ(error_of("ghost"), "user 'ghost' is not in the image's /etc/passwd");
  EXPECT_EQ(error_of("www:ghosts"), "group 'ghosts' is not in the image's /etc/group");
  EXPECT_EQ(error_of("huge"), "uid '99999999999' is not an id from 0 to 2147483647");
  EXPECT_EQ(error_of("88888888888"), "user '88888888888' is not an id from 0 to 2147483647");
}

}  // namespace
}  // namespace minibox::engine
