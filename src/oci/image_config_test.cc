#include "oci/image_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::oci {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ImageConfig, ReadsWhatItPrints) {
  ImageConfig made;
  made.created = "2026-01-02T03:04:05Z";
  made.config.user = "app:app";
  made.config.env = {"PATH=/bin", "B=2", "A=1"};
  made.config.entrypoint = {"/entry"};
  made.config.cmd = {"sh", "-c", "echo \"hi\""};
  made.config.working_dir = "/srv";
  made.config.labels = {{"k", "v"}};
  made.config.exposed_ports = {"80/tcp"};
  made.config.volumes = {"/data"};
  made.config.healthcheck = Healthcheck{{"CMD", "true"}, 1000, 2000, 0, 500, 3};
  made.config.stop_signal = "SIGINT";
  made.diff_ids = {Digest::from_hex(std::string(64, 'c'))};
  made.history = {{"2026-01-02T03:04:05Z", "RUN make", "", "", true}};
  EXPECT_EQ(ImageConfig::parse(made.print()), made);
}

TEST(ImageConfig, ReadsNullsAsAbsent) {
  const ImageConfig config = ImageConfig::parse(
      R"({"architecture":"amd64","os":"linux","config":{"Cmd":["sh"],"Entrypoint":null,"Volumes":null},
          "rootfs":{"type":"layers","diff_ids":[]}})");
  EXPECT_THAT(config.config.cmd, ElementsAre("sh"));
  EXPECT_TRUE(config.config.entrypoint.empty());
  EXPECT_FALSE(config.config.healthcheck);
}

TEST(ImageConfig, RefusesWrongTypesNamingTheProperty) {
  const auto refusal = [](const std::string& bytes) -> std::string {
    try {
      ImageConfig::parse(bytes);
      return "accepted";
    } catch (const Error& error) {
      return error.text();
    }
  };
  EXPECT_THAT(refusal("{}"), HasSubstr("image config.rootfs: property 'type' is not 'layers'"));
  EXPECT_THAT(refusal(R"({"rootfs":{"type":"layers","diff_ids":["x"]}})"), HasSubstr("invalid digest 'x'"));
  EXPECT_THAT(refusal(R"({"config":{"Cmd":"sh"},"rootfs":{"type":"layers"}})"), HasSubstr("'Cmd' is not an array"));
  EXPECT_THAT(refusal(R"({"config":{"Env":[1]},"rootfs":{"type":"layers"}})"), HasSubstr("'Env'"));
  EXPECT_THAT(refusal(R"({"config":7})"), HasSubstr("image config.config is not an object"));
}

TEST(ImageConfig, TextThatIsNotUtf8IsAnErrorAndNotACrash) {
  ImageConfig made;
  made.config.env = {"A=\xff"};
  EXPECT_THROW(made.print(), Error);
}

}  // namespace
}  // namespace minibox::oci
