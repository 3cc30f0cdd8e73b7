#include "wire/registry_auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"

namespace minibox::wire {
namespace {

using testing::HasSubstr;
using testing::Not;

const RegistryAuth kAuth{"anna", "se:cret\xc3\xa4", "registry.lan:5000"};

TEST(RegistryAuth, SurvivesItsHeader) {
  const RegistryAuth got = RegistryAuth::parse_header(kAuth.print_header());
  EXPECT_EQ(got.username, kAuth.username);
  EXPECT_EQ(got.password, kAuth.password);
  EXPECT_EQ(got.server, kAuth.server);
  EXPECT_TRUE(RegistryAuth::parse_header("").empty());
}

TEST(RegistryAuth, TakesWhatDockersClientSends) {
  const std::string json =
      R"({"username":"u","password":"p","email":"","serveraddress":"https://index.docker.io/v1/"})";
  const RegistryAuth got = RegistryAuth::parse_header(base64url_encode(json));
  EXPECT_EQ(got.server, "docker.io");
  EXPECT_EQ(got.username, "u");
}

TEST(RegistryAuth, RefusesBadHeadersWithoutTellingThem) {
  for (const std::string& json :
       {"secret", "[]", R"({"username":1,"password":"secret"})", R"({"username":"a:b","password":"secret"})"}) {
    try {
      RegistryAuth::parse_header(base64_encode(json));
      ADD_FAILURE() << json;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
      EXPECT_THAT(error.text(), Not(HasSubstr("secret")));
    }
  }
  EXPECT_THROW(RegistryAuth::parse_header("!"), Error);
}

TEST(RegistryAuth, SeveralTravelTogether) {
  const auto got = parse_registry_config(print_registry_config({kAuth, {"u", "p", "docker.io"}}));
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].server, "docker.io");
  EXPECT_EQ(got[1].password, kAuth.password);
  EXPECT_TRUE(parse_registry_config("").empty());
  EXPECT_THROW(parse_registry_config(base64_encode("[]")), Error);
}

TEST(AuthFile, KeepsOnePairARegistry) {
  std::string text = add_to_auth_file("", {"u", "p", "docker.io"});
  text = add_to_auth_file(text, kAuth);
  text = add_to_auth_file(text, {"bob", "new", kAuth.server});
  auto got = parse_auth_file(text);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].username, "bob");
  got = parse_auth_file(remove_from_auth_file(text, "docker.io"));
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].server, kAuth.server);
}

TEST(AuthFile, ReadsDockersAndKeepsWhatItDoesNotKnow) {
  const std::string docker =
      R"({"auths": {"https://index.docker.io/v1/": {"auth": "dTpw"}, "gcr.io": {}}, "psFormat": "x"})";
  const auto got = parse_auth_file(docker);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].server, "docker.io");
  EXPECT_EQ(got[0].password, "p");
  EXPECT_THAT(add_to_auth_file(docker, kAuth), HasSubstr("psFormat"));
  EXPECT_TRUE(parse_auth_file(remove_from_auth_file(docker, "docker.io")).empty());
}

TEST(AuthFile, ADamagedOneIsAnError) {
  for (const char* text : {"{", "[]", R"({"auths": []})", R"({"auths": {"a": {"auth": "!"}}})"}) {
    EXPECT_THROW(parse_auth_file(text), Error) << text;
  }
}

}  // namespace
}  // namespace minibox::wire
