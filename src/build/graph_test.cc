#include "build/graph.h"

#include <gtest/gtest.h>

#include "build/image_changes.h"
#include "build/parser.h"
#include "build/scope.h"

namespace minibox::build {
namespace {

std::string names(const Document& document, const std::vector<size_t>& blocks) {
  std::string text;
  for (const size_t block : blocks) text += (text.empty() ? "" : " ") + document.blocks[block].name;
  return text;
}

TEST(Graph, ImageIsTheLastBlockAndItsTransitiveNeedsInFileOrder) {
  const Document document = parse_document(
      "BASE x\nBLOCK a\nBLOCK unused\nBLOCK tool\nBLOCK b\n NEED a\n BNEED tool\nBLOCK c\nBLOCK d\n NEED c\n NEED b\n");
  const Graph graph(document);
  EXPECT_EQ(names(document, graph.image()), "a b c d");
  EXPECT_EQ(names(document, graph.required()), "a tool b c d");
}

TEST(Graph, BuildNeedsLieBelowTheirUserOnly) {
  const Document document = parse_document(
      "BASE x\nBLOCK lib\nBLOCK compiler\n NEED lib\nBLOCK app\n BNEED compiler\nBLOCK image\n NEED app\n");
  const Graph graph(document);
  EXPECT_EQ(names(document, graph.lower(2)), "lib compiler");
  EXPECT_EQ(names(document, graph.lower(3)), "app");
  EXPECT_EQ(names(document, graph.image()), "app image");
}

TEST(Graph, CopyFromOrdersButLaysNothingBelow) {
  const Document document = parse_document("BASE x\nBLOCK a\nBLOCK b\n COPY FROM=a /x /y\n");
  const Graph graph(document);
  EXPECT_EQ(names(document, graph.lower(1)), "");
  EXPECT_EQ(names(document, graph.waits_for(1)), "a");
  EXPECT_EQ(names(document, graph.image()), "b");
}

TEST(Graph, ABlockLiesAboveWhatItNeedsEvenWhenTheFileSaysItFirst) {
  const Document document = parse_document("BASE x\nBLOCK a\n NEED late\nBLOCK late\nBLOCK z\n NEED a\n");
  const Graph graph(document);
  EXPECT_EQ(names(document, graph.lower(2)), "late a");
  EXPECT_EQ(names(document, graph.image()), "late a z");
}

TEST(Graph, DeepChainsAndNoBlocksAreFine) {
  std::string text = "BASE x\nBLOCK b0\n";
  for (int i = 1; i < 1000; ++i) text += "BLOCK b" + std::to_string(i) + "\n NEED b" + std::to_string(i - 1) + "\n";
  const Document chain = parse_document(text);
  EXPECT_EQ(Graph(chain).image().size(), 1000u);
  const Document empty = parse_document("BASE x\n");
  EXPECT_TRUE(Graph(empty).image().empty());
}

TEST(Scope, EnvReachesLaterInstructionsAndNeedersOnly) {
  const Document document = parse_document(
      "BASE x\nBLOCK a\n ENV A=1\nBLOCK tool\n ENV T=1\nBLOCK b\n NEED a\n BNEED tool\n ENV B=2\nBLOCK other\n");
  const Graph graph(document);
  const std::vector<Scope> scopes = initial_scopes(document, graph, {{{"PATH", "/bin"}}, "/", ""});
  EXPECT_EQ(print_env_list(scopes[0].env), (std::vector<std::string>{"PATH=/bin"}));
  EXPECT_EQ(print_env_list(scopes[2].env), (std::vector<std::string>{"PATH=/bin", "A=1"}));
  EXPECT_EQ(print_env_list(scopes[3].env), (std::vector<std::string>{"PATH=/bin"}));
}

TEST(Scope, WorkdirAndUserComeFromTheLastNeedThatChangedThem) {
  const Document document = parse_document(
      "BASE x\nBLOCK a\n WORKDIR /a\n WORKDIR b\n USER me\nBLOCK plain\nBLOCK c\n NEED a\n NEED plain\n WORKDIR "
      "../c\n");
  const Graph graph(document);
  const std::vector<Scope> scopes = initial_scopes(document, graph, {{}, "/base", ""});
  EXPECT_EQ(scopes[0].workdir, "/base");
  EXPECT_EQ(scopes[2].workdir, "/a/b");
  EXPECT_EQ(scopes[2].user, "me");
  EXPECT_EQ(scopes[0].env.at(0).name, "PATH");  // an image without environment gets a usable one
  EXPECT_EQ(image_changes(document, graph, {{}, "/base", ""}).workdir, "/a/c");
}

TEST(Scope, PathsStopAtTheRoot) {
  EXPECT_EQ(resolve_path("/app", "../../etc/./x//y"), "/etc/x/y");
  EXPECT_EQ(resolve_path("/app", "/"), "/");
  EXPECT_EQ(resolve_path("/", "."), "/");
}

TEST(ImageChanges, TakeOnlyTheBlocksOfTheImage) {
  const Document document = parse_document(
      "BASE x\nBLOCK tool\n ENV SECRET=1\n PORT 1\n WORKDIR /src\nBLOCK a\n ENV A=1 B=1\n PORT 80\n VOLUME /v/\n"
      "BLOCK app\n NEED a\n BNEED tool\n ENV B=2\n PORT 53/udp\n USER www\n"
      "START serve --port 80\nHEALTHCHECK curl -f localhost\n");
  const ImageChanges changes = image_changes(document, Graph(document), {});
  EXPECT_EQ(print_env_list(changes.env), (std::vector<std::string>{"A=1", "B=2"}));
  EXPECT_EQ(changes.ports, (std::vector<std::string>{"80/tcp", "53/udp"}));
  EXPECT_EQ(changes.volumes, (std::vector<std::string>{"/v"}));
  EXPECT_FALSE(changes.workdir);
  EXPECT_EQ(changes.user, "www");
  EXPECT_EQ(changes.start->size(), 3u);
  EXPECT_EQ(health_command_label(*changes.healthcheck), "curl\x1f-f\x1flocalhost");
}

}  // namespace
}  // namespace minibox::build
