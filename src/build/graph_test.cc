#include "build/graph.h"

#include <gtest/gtest.h>

#include "build/parser.h"
#include "build/scope.h"
#include "sys/file.h"

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

TEST(Graph, HelloExampleHasTwoIndependentBlocksBelowOne) {
  const std::string path = MINIBOX_SOURCE_DIR "/examples/hello/MiniBox";
  const Document document = parse_document(sys::read_file(path));
  const Graph graph(document);
  ASSERT_EQ(document.blocks.size(), 3u);
  EXPECT_EQ(graph.waits_for(2).size(), 2u);
  EXPECT_TRUE(graph.waits_for(0).empty());
  EXPECT_TRUE(graph.waits_for(1).empty());
  EXPECT_EQ(graph.image().size(), 3u);
  EXPECT_TRUE(document.start);
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
}

}  // namespace
}  // namespace minibox::build
