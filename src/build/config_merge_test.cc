#include "build/config_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "build/hasher.h"
#include "build/parser.h"

namespace minibox::build {
namespace {

using testing::ElementsAre;

const std::string kFile =
    "BASE x\nBLOCK tool\n ENV SECRET=1\n PORT 1\n WORKDIR /src\n"
    "BLOCK a\n ENV A=1 B=1\n PORT 80\n VOLUME /v/\n WORKDIR app\n"
    "BLOCK app\n NEED a\n BNEED tool\n ENV B=2\n PORT 53/udp\n WORKDIR sub\n USER www\n"
    "START serve --port 80\nHEALTHCHECK --interval=7 curl -f localhost\n";

oci::ImageConfig base_image() {
  oci::ImageConfig base;
  base.config.env = {"PATH=/bin", "A=0"};
  base.config.entrypoint = {"/entry"};
  base.config.cmd = {"old"};
  base.config.working_dir = "/base";
  base.config.exposed_ports = {"80/tcp"};
  base.config.labels = {{"keep", "me"}};
  return base;
}

oci::ImageConfig merged(const std::string& text) {
  const Document document = parse_document(text);
  return merge_config(document, Graph(document), base_image());
}

TEST(ConfigMerge, ChangesTheBaseByTheBlocksOfTheImageOnly) {
  const oci::ContainerDefaults config = merged(kFile).config;
  EXPECT_THAT(config.env, ElementsAre("PATH=/bin", "A=1", "B=2"));
  EXPECT_THAT(config.exposed_ports, ElementsAre("80/tcp", "53/udp"));
  EXPECT_THAT(config.volumes, ElementsAre("/v"));
  EXPECT_EQ(config.working_dir, "/base/app/sub");
  EXPECT_EQ(config.user, "www");
  EXPECT_THAT(config.entrypoint, ElementsAre("/entry"));
  EXPECT_THAT(config.cmd, ElementsAre("serve", "--port", "80"));
}

TEST(ConfigMerge, WritesTheHealthCheckBothWays) {
  const oci::ContainerDefaults config = merged(kFile).config;
  EXPECT_EQ(config.labels.at("mini.healthcheck.cmd"), "curl\x1f-f\x1flocalhost");
  EXPECT_EQ(config.labels.at("mini.healthcheck.interval"), "7");
  EXPECT_EQ(config.labels.at("keep"), "me");
  EXPECT_THAT(config.healthcheck->test, ElementsAre("CMD", "curl", "-f", "localhost"));
  EXPECT_EQ(config.healthcheck->interval, 7000000000);
}

TEST(ConfigMerge, WritesTheHealthChecksTimesInNanosecondsAndTheLabelsSecondsRoundedUp) {
  const oci::ContainerDefaults config =
      merged(
          "BASE x\nHEALTHCHECK --interval=1500ms --timeout=2 --retries=4 --start-period=1m --start-interval=100ms y\n")
          .config;
  EXPECT_EQ(config.healthcheck,
            (oci::Healthcheck{{"CMD", "y"}, 1'500'000'000, 2'000'000'000, 60'000'000'000, 100'000'000, 4}));
  EXPECT_EQ(config.labels.at("mini.healthcheck.interval"), "2");
}

TEST(ConfigMerge, TheBasesHealthCheckCanBeTakenBack) {
  const oci::ContainerDefaults config = merged("BASE x\nHEALTHCHECK NONE\n").config;
  EXPECT_EQ(config.healthcheck, oci::Healthcheck{.test = {"NONE"}});
  EXPECT_FALSE(config.labels.contains("mini.healthcheck.cmd"));
  EXPECT_TRUE(config.labels.contains("keep"));
}

TEST(ConfigMerge, KeepsTheBaseWhereTheFileIsSilent) {
  EXPECT_EQ(merged("BASE x\nBLOCK a\n RUN true\n"), base_image());
  EXPECT_EQ(base_scope(oci::ImageConfig{}).workdir, "/");
}

TEST(ConfigMerge, AddsLayersAndHistoryOfTheImageInOrder) {
  const auto digest = [](const std::string& name) { return oci::Digest::from_hex(Hasher().field(name).hex()); };
  const Document document = parse_document(kFile);
  const Graph graph(document);
  const Plan plan = make_plan(document, graph, {{}, {{document.base, {}}}, [](const std::string&) { return ""; }});
  const std::vector<BlockResult> results = {{{}, digest("tool"), 1}, {{}, digest("a"), 1}, {{}, digest("app"), 1}};

  oci::ImageConfig config = base_image();
  add_layers(config, plan, results, "2026-01-01T00:00:00Z");
  EXPECT_THAT(config.diff_ids, ElementsAre(digest("a"), digest("app")));
  ASSERT_EQ(config.history.size(), 2u);
  EXPECT_EQ(config.history[1].created_by, "BLOCK app");

  oci::ImageConfig without = base_image();
  without.diff_ids = {digest("base")};
  add_layers(without, plan, results, "2026-01-01T00:00:00Z");
  EXPECT_THAT(without.diff_ids, ElementsAre(digest("base"), digest("a"), digest("app")));
  EXPECT_TRUE(without.history.empty());
}

}  // namespace
}  // namespace minibox::build
