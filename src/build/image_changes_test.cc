#include "build/image_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::build {
namespace {

using testing::ElementsAre;
using testing::Pair;

oci::ContainerDefaults changed(const std::vector<std::string>& changes) {
  oci::ImageConfig image;
  image.config.env = {"PATH=/bin", "KEPT=1"};
  for (const std::string& change : changes) apply_change(image, change);
  return image.config;
}

TEST(ImageChangesTest, ProgramsAreArraysOrLinesForTheShell) {
  EXPECT_THAT(changed({R"(CMD ["httpd", "-f"])"}).cmd, ElementsAre("httpd", "-f"));
  EXPECT_THAT(changed({"cmd httpd -f"}).cmd, ElementsAre("/bin/sh", "-c", "httpd -f"));
  EXPECT_THAT(changed({"ENTRYPOINT [\"/init\"]"}).entrypoint, ElementsAre("/init"));
  EXPECT_THAT(changed({"START httpd -f 'two words'"}).cmd, ElementsAre("httpd", "-f", "two words"));
}

TEST(ImageChangesTest, TheRestOfTheConfig) {
  const oci::ContainerDefaults config =
      changed({"ENV PATH=/usr/bin NEW='a b'", "LABEL a=1 b=2", "EXPOSE 80 53/udp", "PORT 80", "USER 5:6",
               "VOLUME /data", "WORKDIR /srv", "WORKDIR sub", "STOPSIGNAL SIGINT"});
  EXPECT_THAT(config.env, ElementsAre("PATH=/usr/bin", "KEPT=1", "NEW=a b"));
  EXPECT_THAT(config.labels, ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_THAT(config.exposed_ports, ElementsAre("80/tcp", "53/udp"));
  EXPECT_EQ(config.user, "5:6");
  EXPECT_THAT(config.volumes, ElementsAre("/data"));
  EXPECT_EQ(config.working_dir, "/srv/sub");
  EXPECT_EQ(config.stop_signal, "SIGINT");
  EXPECT_EQ(changed({"STOPSIGNAL SIGRTMIN+3"}).stop_signal, "SIGRTMIN+3");
}

TEST(ImageChangesTest, WhatIsNotUnderstoodIsRefused) {
  for (const char* bad : {"", "RUN true", "CMD", "ENV novalue", "EXPOSE 70000", "EXPOSE 80/icmp", "USER a b",
                          "CMD [broken", "STOPSIGNAL BOGUS"}) {
    EXPECT_THROW(changed({bad}), Error) << bad;
  }
}

}  // namespace
}  // namespace minibox::build
