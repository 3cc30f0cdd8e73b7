#include "build/graph.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "build/block_base.h"
#include "build/build_args.h"
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

TEST(Graph, UnneededIsWhatIsInNoImageAndServesNoOtherBlock) {
  const Document document = parse_document(
      "BASE x\nBLOCK stray\n NEED helper\nBLOCK helper\nBLOCK tool\nBLOCK files\nBLOCK low\nBLOCK top\n NEED low\n"
      " BNEED tool\n COPY FROM=files /a /a\n");
  EXPECT_EQ(names(document, Graph(document).unneeded()), "stray");
  EXPECT_EQ(names(document, Graph(parse_document("FROM x\nRUN a\nRUN b\n")).unneeded()), "");
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
  const std::vector<Scope> scopes =
      initial_scopes(document, graph, std::vector(document.blocks.size(), Scope{{{"PATH", "/bin"}}, "/", "", {}}));
  EXPECT_EQ(print_env_list(scopes[0].env), (std::vector<std::string>{"PATH=/bin"}));
  EXPECT_EQ(print_env_list(scopes[2].env), (std::vector<std::string>{"PATH=/bin", "A=1"}));
  EXPECT_EQ(print_env_list(scopes[3].env), (std::vector<std::string>{"PATH=/bin"}));
}

TEST(Scope, WorkdirAndUserComeFromTheLastNeedThatChangedThem) {
  const Document document = parse_document(
      "BASE x\nBLOCK a\n WORKDIR /a\n WORKDIR b\n USER me\nBLOCK plain\nBLOCK c\n NEED a\n NEED plain\n WORKDIR "
      "../c\n");
  const Graph graph(document);
  const std::vector<Scope> scopes =
      initial_scopes(document, graph, std::vector(document.blocks.size(), Scope{{}, "/base", "", {}}));
  EXPECT_EQ(scopes[0].workdir, "/base");
  EXPECT_EQ(scopes[2].workdir, "/a/b");
  EXPECT_EQ(scopes[2].user, "me");
  EXPECT_EQ(scopes[0].env.at(0).name, "PATH");  // an image without environment gets a usable one
}

std::string bases_of(const std::string& text) {
  const Document document = parse_document(text);
  const Graph graph(document);
  std::string names;
  for (const BaseReference& base : block_bases(document, graph)) names += base.image + " ";
  return names + "-> " + image_base(document, block_bases(document, graph)).image;
}

TEST(BlockBase, ABlockStandsOnItsOwnBaseOrThatOfItsNeedsOrTheFiles) {
  EXPECT_EQ(bases_of("BASE scratch\nBLOCK a\n BASE go\nBLOCK b\n NEED a\nBLOCK c\n COPY FROM=b /x /x\n"),
            "go go scratch -> scratch");
  EXPECT_EQ(bases_of("BASE x\nBLOCK a\n NEED b\nBLOCK b\n BASE go\n"), "go go -> go");
  EXPECT_EQ(bases_of("BASE x\n"), "-> x");
}

TEST(BlockBase, LayersOfDifferentBasesDoNotMix) {
  const auto error = [](const std::string& text) {
    try {
      return bases_of(text);
    } catch (const Error& caught) {
      return caught.text() + " | " + caught.hint();
    }
  };
  EXPECT_EQ(error("BASE x\nBLOCK a\n BASE go\nBLOCK b\n BNEED a\n"),
            "MiniBox:5: block 'b' stands on 'x', but block 'a' on 'go' | take its files instead: COPY FROM=a ...");
  EXPECT_EQ(error("BASE x\nBLOCK a\n BASE go\nBLOCK b\nBLOCK c\n NEED b\n NEED a\n"),
            "MiniBox:7: block 'c' stands on 'x', but block 'a' on 'go' | take its files instead: COPY FROM=a ...");
}

TEST(BuildArgs, AreDeclaredByTheFileAndGivenByTheRequest) {
  const std::string text = "BASE x\nBLOCK a\n ARG V=1\n ARG W\nBLOCK b\n ARG V\n";
  const auto set = [&](const std::map<std::string, std::string>& values) -> std::string {
    try {
      Document document = parse_document(text);
      set_build_args(document, values);
      require_build_args(document);
      return *std::get<ArgInstruction>(document.blocks[0].instructions[0].action).value;
    } catch (const Error& caught) {
      return caught.text();
    }
  };
  EXPECT_EQ(set({{"V", "2"}, {"W", ""}}), "2");
  EXPECT_EQ(set({{"V", "2"}}), "MiniBox:4: ARG 'W' has no value");
  EXPECT_EQ(set({{"W", "2"}}), "MiniBox:6: ARG 'V' has no value");
  EXPECT_EQ(set({{"V", "2"}, {"W", "2"}, {"VV", ""}}), "MiniBox: no block declares ARG 'VV'");
}

TEST(BuildArgs, ATargetLeavesWhatItNeeds) {
  const auto select = [](const std::string& target) -> std::string {
    try {
      Document document = parse_document(
          "BASE x\nBLOCK a\nBLOCK b\n NEED a\nBLOCK c\nBLOCK d\n COPY FROM=c x y\n BNEED e\nBLOCK e\n NEED f\nBLOCK "
          "f\n");
      select_target(document, target);
      std::string names;
      for (const Block& block : document.blocks) names += block.name + " ";
      return names + "-> " + document.blocks.at(*document.target).name;
    } catch (const Error& caught) {
      return caught.text();
    }
  };
  EXPECT_EQ(select("b"), "a b -> b");
  EXPECT_EQ(select("d"), "c d e f -> d");
  EXPECT_EQ(select("bb"), "MiniBox has no block 'bb'");
}

}  // namespace
}  // namespace minibox::build
