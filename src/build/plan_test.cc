#include "build/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "build/parser.h"

namespace minibox::build {
namespace {

const std::string kFile =
    "BASE alpine\n"
    "BLOCK deps\n  COPY package.json ./\n  RUN npm ci\n"
    "BLOCK assets\n  COPY assets /assets\n"
    "BLOCK tool\n  RUN make tool\n"
    "BLOCK app\n  NEED deps\n  NEED assets\n  BNEED tool\n  COPY FROM=tool /bin/t /bin/t\n  RUN build\n"
    "START serve\n";

using Contents = std::map<std::string, std::string>;

using Planned = std::map<std::string, std::string>;  // keys by block

Planned plan(const std::string& text, Contents contents = {}, PlanBase base = {}, KeyEnvironment environment = {}) {
  const Document document = parse_document(text);
  const Graph graph(document);
  const auto digest = [&](const std::string& source) { return source + contents[source]; };
  const Plan made = make_plan(document, graph, {environment, {{document.base, base}}, digest});
  Planned planned;
  for (const PlannedBlock& block : made.blocks) planned[block.block->name] = block.key;
  return planned;
}

std::string changed(const Planned& a, const Planned& b) {
  std::string names;
  for (const auto& [name, key] : a) {
    if (b.at(name) != key) names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(CacheKey, ContentChangeRekeysOnlyTheBlocksThatSeeIt) {
  const Planned before = plan(kFile);
  EXPECT_EQ(changed(before, plan(kFile)), "");
  EXPECT_EQ(changed(before, plan(kFile, {{"package.json", "2"}})), "app deps");
  EXPECT_EQ(changed(before, plan(kFile, {{"assets", "2"}})), "app assets");
}

TEST(CacheKey, InstructionOfABuildNeedRekeysItsUser) {
  EXPECT_EQ(changed(plan(kFile), plan(replaced(kFile, "make tool", "make -j tool"))), "app tool");
}

TEST(CacheKey, BaseEnvironmentAndPlatformRekeyEverything) {
  const Planned before = plan(kFile);
  const std::string all = "app assets deps tool";
  EXPECT_EQ(changed(before, plan(kFile, {}, {"sha256:2", {}})), all);
  EXPECT_EQ(changed(before, plan(kFile, {}, {}, {"linux/arm64", "bridge", 0})), all);
  EXPECT_EQ(changed(before, plan(kFile, {}, {}, {"linux/amd64", "none", 0})), all);
  EXPECT_EQ(changed(before, plan(kFile, {}, {}, {"linux/amd64", "bridge", 1})), all);
  EXPECT_EQ(changed(before, plan(kFile, {}, {"scratch", {{{"PATH", "/x"}}, "/", "", {}}})), all);
  EXPECT_EQ(changed(before, plan(kFile, {}, {"scratch", {{}, "/srv", "", {}}})), all);
}

TEST(CacheKey, AnArgumentRekeysTheBlockThatDeclaresIt) {
  const std::string with_arg = replaced(kFile, "  RUN npm ci\n", "  ARG V=1\n  RUN npm ci\n");
  EXPECT_EQ(changed(plan(with_arg), plan(replaced(with_arg, "V=1", "V=2"))), "app deps");
}

TEST(CacheKey, HeredocsPackagesSecretsAndCachesCount) {
  const std::string head = "BASE x\nBLOCK a\n  ";
  std::set<std::string> keys;
  for (const char* lines : {"COPY <<E /x\na\nE", "COPY <<E /x\nb\nE", "COPY <<F /x\na\nF", "PKG a b", "PKG a@b",
                            "AUTO-DEPS", "SECRET s\n RUN x", "CACHE /s\n RUN x", "RUN x"}) {
    keys.insert(plan(head + lines + "\n").at("a"));
  }
  EXPECT_EQ(keys.size(), 9u);
}

TEST(CacheKey, EnvOfANeededBlockRekeysItsUsers) {
  const std::string with_env = replaced(kFile, "  RUN npm ci\n", "  RUN npm ci\n  ENV A=1\n");
  EXPECT_EQ(changed(plan(kFile), plan(with_env)), "app deps");
  EXPECT_EQ(changed(plan(with_env), plan(replaced(with_env, "A=1", "A=2"))), "app deps");
}

TEST(CacheKey, StartPortCommentsAndIndentationDoNotMatter) {
  const Planned before = plan(kFile);
  EXPECT_EQ(changed(before, plan(replaced(kFile, "START serve", "START other"))), "");
  EXPECT_EQ(changed(before, plan(replaced(kFile, "  RUN build\n", "# hm\n\tPORT 80\n      run   build\n"))), "");
}

TEST(CacheKey, FieldsDoNotRunTogether) {
  const std::string head = "BASE x\nBLOCK a\n  ";
  std::set<std::string> keys;
  for (const char* line : {"RUN [\"a\", \"bc\"]", "RUN [\"ab\", \"c\"]", "RUN [\"abc\"]", "COPY a bc", "COPY ab c",
                           "ENV a=bc", "ENV ab=c", "WORKDIR abc", "USER abc"}) {
    keys.insert(plan(head + line + "\n").at("a"));
  }
  EXPECT_EQ(keys.size(), 9u);
}

TEST(CacheKey, TwinBlocksHaveKeysOfTheirOwn) {
  const Planned planned =
      plan("BASE x\nBLOCK a\n RUN x\nBLOCK b\n NEED a\nBLOCK c\n NEED a\nBLOCK d\n NEED b\n NEED c\n");
  EXPECT_NE(planned.at("b"), planned.at("c"));
}

TEST(CacheKey, MissingSourceNamesTheLine) {
  const Document document = parse_document("BASE x\nBLOCK a\n  COPY gone /\n");
  const auto digest = [](const std::string&) -> std::string { throw Error(ErrorKind::kNotFound, "no 'gone'"); };
  try {
    make_plan(document, Graph(document), {{}, {{document.base, {}}}, digest});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "MiniBox:3: COPY: no 'gone'");
  }
}

TEST(Plan, KnowsWavesLayersAndViews) {
  const Document document = parse_document(kFile);
  const Graph graph(document);
  const Plan made = make_plan(document, graph, {{}, {{document.base, {}}}, [](const std::string&) { return ""; }});
  ASSERT_EQ(made.blocks.size(), 4u);
  const PlannedBlock& app = made.blocks[3];
  EXPECT_EQ(app.wave, 2u);
  EXPECT_EQ(made.blocks[0].path_length, 2u);
  EXPECT_EQ(app.lower, (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(app.copy_from.at("tool"), (std::vector<size_t>{2}));
  EXPECT_EQ(made.image, (std::vector<size_t>{0, 1, 3}));
}

TEST(Plan, HoldsEveryBlockOfTheFile) {
  const Document document = parse_document("BASE x\nBLOCK app\nBLOCK tests\n NEED app\nBLOCK image\n NEED app\n");
  const Graph graph(document);
  const Plan made = make_plan(document, graph, {{}, {{document.base, {}}}, [](const std::string&) { return ""; }});
  ASSERT_EQ(made.blocks.size(), 3u);
  EXPECT_EQ(made.blocks[1].block->name, "tests");
  EXPECT_EQ(made.image, (std::vector<size_t>{0, 2}));
}

}  // namespace
}  // namespace minibox::build
