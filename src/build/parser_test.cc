#include "build/parser.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "build/graph.h"
#include "build/lexer.h"
#include "build/words.h"

namespace minibox::build {
namespace {

using Words = std::vector<std::string>;

std::string error_of(const std::string& text) {
  try {
    const Document document = parse_document(text);
    const Graph graph(document);
  } catch (const Error& error) {
    return std::string(kind_name(error.kind())) + " " + error.text();
  }
  return "no error";
}

template <typename Action>
Action action(const std::string& line) {
  const Document document = parse_document("BASE alpine\nBLOCK a\n  " + line + "\n");
  return std::get<Action>(document.blocks.at(0).instructions.at(0).action);
}

std::string shell(const std::string& line) {
  return action<RunInstruction>(line).argv.at(2);
}

TEST(Parser, ReadsEveryDirective) {
  const Document document = parse_document(
      "# a web server\n"
      "BASE alpine:3.20\n"
      "\n"
      "BLOCK deps\n"
      "    WORKDIR /app\n"
      "    COPY package.json ./\n"
      "    RUN npm ci\n"
      "block app\n"
      "\tneed deps\n"
      "\tBNEED tools\n"
      "\tCOPY FROM=deps /app/a /b\n"
      "\tENV A=1 B='two words'\n"
      "\tENV C three  words\n"
      "\tUSER www\n"
      "\tPORT 8080\n"
      "\tVOLUME /data /logs\n"
      "BLOCK tools\n"
      "START node \"my server.js\"\n"
      "HEALTHCHECK --interval=5 --timeout=1m30s --retries=4 --start-period=2s --start-interval=500ms wget -q "
      "localhost\n");
  EXPECT_EQ(document.base, "alpine:3.20");
  EXPECT_EQ(document.base_line, 2);
  ASSERT_EQ(document.blocks.size(), 3u);
  const Block& app = document.blocks[1];
  EXPECT_EQ(app.name, "app");
  EXPECT_EQ(app.line, 8);
  EXPECT_EQ(app.needs.at(0).block, "deps");
  EXPECT_EQ(app.build_needs.at(0).block, "tools");
  EXPECT_EQ(app.build_needs.at(0).line, 10);
  ASSERT_EQ(app.instructions.size(), 6u);
  const auto& copy = std::get<CopyInstruction>(app.instructions[0].action);
  EXPECT_EQ(copy.from_block, "deps");
  EXPECT_EQ(copy.sources, Words{"/app/a"});
  EXPECT_EQ(copy.destination, "/b");
  EXPECT_EQ(app.instructions[0].line, 11);
  const std::vector<EnvVar> env = {{"A", "1"}, {"B", "two words"}};
  EXPECT_EQ(std::get<EnvInstruction>(app.instructions[1].action).variables, env);
  EXPECT_EQ(std::get<EnvInstruction>(app.instructions[2].action).variables.at(0).value, "three  words");
  EXPECT_EQ(std::get<PortInstruction>(app.instructions[4].action).port, "8080/tcp");
  EXPECT_EQ(std::get<VolumeInstruction>(app.instructions[5].action).paths, (Words{"/data", "/logs"}));
  EXPECT_EQ(document.start->argv, (Words{"node", "my server.js"}));
  EXPECT_EQ(document.healthcheck->argv, (Words{"wget", "-q", "localhost"}));
  EXPECT_EQ(document.healthcheck->interval_ms, 5000);
  EXPECT_EQ(document.healthcheck->timeout_ms, 90'000);
  EXPECT_EQ(document.healthcheck->retries, 4);
  EXPECT_EQ(document.healthcheck->start_period_ms, 2000);
  EXPECT_EQ(document.healthcheck->start_interval_ms, 500);
}

TEST(Parser, RunKeepsQuotesAndBlanks) {
  EXPECT_EQ(shell("RUN  echo \"a   b\"  'c' \\$x  "), "echo \"a   b\"  'c' \\$x");
  EXPECT_EQ(shell("RUN [ -f x ] || exit 1"), "[ -f x ] || exit 1");
  EXPECT_EQ(action<RunInstruction>("RUN [\"ls\", \"-l a\"]").argv, (Words{"ls", "-l a"}));
}

TEST(Parser, BackslashJoinsLinesAndCommentsAreDropped) {
  EXPECT_EQ(shell("RUN a && \\\n# why b\n    b \\   \n&& c"), "a &&     b && c");
  EXPECT_EQ(shell("RUN echo \\\\"), "echo \\\\");
  const Document document = parse_document("BASE a\r\nBLOCK b\r\n RUN x \\\r\n y\r\n RUN z\r\n");
  EXPECT_EQ(document.blocks[0].instructions.at(1).line, 5);
}

TEST(Parser, HeredocsAreScriptsInputAndFiles) {
  EXPECT_EQ(shell("RUN <<EOF\n    echo one\n      echo two\n    EOF"), "echo one\n  echo two\n");
  EXPECT_EQ(shell("RUN <<'END' \na  b  \n\n# no comment\n\\\nEND"), "a  b  \n\n# no comment\n\\\n");
  EXPECT_EQ(shell("RUN cat <<A 3<<-B >/x\n 1\nA\n\t2\nB"), "cat <<A 3<<-B >/x\n 1\nA\n\t2\nB\n");
  EXPECT_EQ(shell("RUN echo $((1 << 2)) $((1<<x)) '<<A' \"<<A\" \\<<A <<<A"),
            "echo $((1 << 2)) $((1<<x)) '<<A' \"<<A\" \\<<A <<<A");
  const auto copy = action<CopyInstruction>("COPY <<one <<\"two\" here.txt /dir/\nx\none\ny\ntwo");
  ASSERT_EQ(copy.files.size(), 2u);
  EXPECT_EQ(copy.files[0].name, "one");
  EXPECT_EQ(copy.files[1].content, "y\n");
  EXPECT_EQ(copy.sources, Words{"here.txt"});
  EXPECT_EQ(copy.destination, "/dir/");
  const Document document = parse_document("BASE a\nBLOCK b\n RUN <<X\nBLOCK c\nX\n RUN after\n");
  EXPECT_EQ(document.blocks.size(), 1u);
  EXPECT_EQ(document.blocks[0].instructions.at(1).line, 6);
}

TEST(Parser, ACommandFitsIntoWhatTheKernelTakes) {
  std::string fits;
  for (int line = 0; line < 4; ++line) fits += std::string(32'766, 'x') + "\n";
  fits.pop_back();
  EXPECT_EQ(shell("RUN <<E\n" + fits + "\nE"), fits + "\n");
  EXPECT_EQ(error_of("BASE a\nBLOCK b\n RUN <<E\n" + fits + std::string(4, 'x') + "\nE\n"),
            "invalid MiniBox:3: the command of RUN has 131072 bytes, the kernel takes at most 131071");
}

TEST(Parser, PkgTakesSeveralPackagesAndVersions) {
  const std::vector<Package> packages = {{"curl", ""}, {"nodejs", "20"}, {"g++", "4:12.2-1~deb"}};
  EXPECT_EQ(action<PackageInstruction>("PKG curl nodejs@20 g++@4:12.2-1~deb").packages, packages);
  EXPECT_EQ(error_of("BASE a\nBLOCK b\n PKG x;reboot\n"), "invalid MiniBox:3: invalid package name 'x;reboot'");
  EXPECT_EQ(error_of("BASE a\nBLOCK b\n PKG x --root=/\n"), "invalid MiniBox:3: invalid package name '--root=/'");
  EXPECT_EQ(error_of("BASE a\nBLOCK b\n PKG x@\n"), "invalid MiniBox:3: invalid package name 'x@'");
}

TEST(Parser, AutoDepsComesAfterEverythingElseOfItsBlock) {
  const Document document = parse_document("BASE a\nBLOCK b\n AUTO-DEPS\n COPY . .\n RUN x\n");
  EXPECT_EQ(document.blocks[0].instructions.back().text, "AUTO-DEPS");
  EXPECT_EQ(document.blocks[0].instructions.front().text, "COPY . .");
}

TEST(Parser, BlocksHaveBasesSecretsCachesAndArguments) {
  const Document document = parse_document(
      "BASE a\nBLOCK b\n BASE ./x.tar\n SECRET token npm.rc\n CACHE /root/.npm /var//cache/\n ARG V=1 \n ARG W\n");
  const Block& block = document.blocks.at(0);
  EXPECT_EQ(block.base->image, "./x.tar");
  EXPECT_EQ(block.base->line, 3);
  EXPECT_EQ(block.secrets, (Words{"token", "npm.rc"}));
  EXPECT_EQ(block.cache_paths, (Words{"/root/.npm", "/var/cache"}));
  EXPECT_EQ(std::get<ArgInstruction>(block.instructions.at(0).action).value, "1");
  EXPECT_FALSE(std::get<ArgInstruction>(block.instructions.at(1).action).value);
}

TEST(Parser, LenientPassesOverUnknownWordsAndSaysSo) {
  const Document document =
      parse_document("BASE a\nLABEL x\nBLOCK b\n RUNN x\n RUN y\n", ParseOptions{"MiniBox", true});
  EXPECT_EQ(document.blocks.at(0).instructions.size(), 1u);
  EXPECT_EQ(document.warnings,
            (Words{"MiniBox:2: unknown instruction 'LABEL'; the line is ignored",
                   "MiniBox:4: unknown instruction 'RUNN', did you mean 'RUN'?; the line is ignored"}));
}

TEST(Parser, VariablesThatNobodyExpandsAreWarnedOf) {
  const Document document = parse_document(
      "BASE a\nBLOCK b\n ENV PATH=$PATH:/x\n ENV A \"${B:-c}\"\n WORKDIR /a/${B}\n COPY $FILE /x\n RUN echo $A\n"
      " ENV A='$B' B=\\$C C=\"\\$D\" D=5$ E=$5 F=a'$'b\n COPY FROM=a /x /y\n"
      " ARG A=1\n ARG B=${A}x\n ARG C='$A'\n USER $B\n");
  EXPECT_EQ(document.warnings, (Words{"MiniBox:3: '$PATH' is not expanded in ENV, it is taken as it is written",
                                      "MiniBox:4: '${B:-c}' is not expanded in ENV, it is taken as it is written",
                                      "MiniBox:5: '${B}' is not expanded in WORKDIR, it is taken as it is written",
                                      "MiniBox:6: '$FILE' is not expanded in COPY, it is taken as it is written",
                                      "MiniBox:11: '${A}' is not expanded in ARG, it is taken as it is written",
                                      "MiniBox:13: '$B' is not expanded in USER, it is taken as it is written"}));
  EXPECT_EQ(std::get<EnvInstruction>(document.blocks.at(0).instructions.at(0).action).variables.at(0).value,
            "$PATH:/x");
}

TEST(Parser, AStartThatWantsAShellIsWarnedOf) {
  const auto warnings = [](const std::string& text) { return parse_document(text).warnings; };
  const std::string rest = " is a word for the program, no shell reads ";
  EXPECT_EQ(warnings("FROM a\nCMD echo \"$HOME\"\n"),
            (Words{"MiniBox:2: '$HOME'" + rest + "CMD; CMD sh -c '...' has one"}));
  EXPECT_EQ(warnings("BASE a\nBLOCK b\n RUN x\nSTART a && b\n"),
            (Words{"MiniBox:4: '&&'" + rest + "START; START sh -c '...' has one"}));
  for (const char* fine :
       {"START sh -c \"echo $HOME && x\"", "START [\"a\", \"$b\", \"&&\"]", "START echo '$a' '&&b'"}) {
    EXPECT_EQ(warnings("FROM a\n" + std::string(fine) + "\n"), Words{}) << fine;
  }
}

TEST(Parser, HealthcheckTakesDockersForm) {
  const auto argv = [](const std::string& rest) {
    return parse_document("BASE a\nHEALTHCHECK " + rest + "\n").healthcheck->argv;
  };
  EXPECT_EQ(argv("--retries=2 CMD curl -f http://x/ || exit 1"),
            (Words{"/bin/sh", "-c", "curl -f http://x/ || exit 1"}));
  EXPECT_EQ(argv("cmd [\"curl\", \"a b\"]"), (Words{"curl", "a b"}));
  EXPECT_EQ(argv("CMD [ -f /x ] && [ -f /y ]"), (Words{"/bin/sh", "-c", "[ -f /x ] && [ -f /y ]"}));
  EXPECT_EQ(argv("sh -c 'a || b; c' '|'"), (Words{"sh", "-c", "a || b; c", "|"}));
  EXPECT_EQ(argv("[\"a\", \"||\"]"), (Words{"a", "||"}));
  for (const char* word : {"||", "|", "&&", ";"}) {
    try {
      argv("--retries=2 wget x " + std::string(word) + " exit 1");
      ADD_FAILURE() << word;
    } catch (const Error& error) {
      EXPECT_NE(error.text().find("MiniBox:2: HEALTHCHECK runs a program without a shell"), std::string::npos);
      EXPECT_EQ(error.hint(), "write HEALTHCHECK CMD before the line, or sh -c '...'");
    }
  }
}

TEST(Parser, InALinearFileArgSecretAndCacheHoldForEveryLaterStep) {
  const Document document =
      parse_document("FROM a\nRUN v\nARG V=1\nSECRET s\nCACHE /c\nRUN w\nARG V=2\nSECRET t\nRUN x\nRUN y\n");
  ASSERT_EQ(document.blocks.size(), 4u);
  EXPECT_TRUE(document.blocks[0].secrets.empty());
  EXPECT_EQ(document.blocks[0].instructions.size(), 1u);
  EXPECT_EQ(document.blocks[1].secrets, Words{"s"});
  const Block& last = document.blocks[3];
  EXPECT_EQ(last.secrets, (Words{"s", "t"}));
  EXPECT_EQ(last.cache_paths, Words{"/c"});
  ASSERT_EQ(last.instructions.size(), 3u);
  EXPECT_EQ(std::get<ArgInstruction>(last.instructions[1].action).value, "2");
  EXPECT_EQ(last.instructions[1].step, 0);
  EXPECT_EQ(last.instructions[2].step, 10);
  const std::string big = "ARG V=" + std::string(50'000, 'x') + "\nRUN x\n";
  EXPECT_THROW(parse_document("FROM a\n" + big + big + big), Error);
}

TEST(Parser, TheLinearFormatBecomesAChainOfBlocks) {
  const Document document = parse_document(
      "# old\nSTART-WITH alpine\nSET-ENVIRONMENT A=1\nGOTO-FOLDER /app\nADD-PACKAGE git curl\nGRAB-ALL\n"
      "  CLONE-REPO https://x/y\nINSTALL-DEPS\nRUN-COMMAND <<E\nmake\nE\nIMPORT-FILE a b\nEXPOSE 80\n"
      "HEALTHCHECK true\nLAUNCH node \"a b\"\n");
  EXPECT_TRUE(document.linear);
  EXPECT_EQ(document.base, "alpine");
  ASSERT_EQ(document.blocks.size(), 7u);
  std::string chain;
  for (const Block& block : document.blocks) {
    chain += block.name + (block.needs.empty() ? "" : "<" + block.needs[0].block) + ":";
    for (const Instruction& one : block.instructions) chain += " " + std::to_string(one.step) + "=" + one.text;
    chain += "\n";
  }
  EXPECT_EQ(chain,
            "step-2: 2=ENV A=1 3=WORKDIR /app 4=PKG git curl\n"
            "step-5<step-2: 5=COPY . /app\n"
            "step-6<step-5: 6=RUN git clone https://x/y\n"
            "step-7<step-6: 7=RUN npm install\n"
            "step-8<step-7: 8=RUN <<E\n"
            "step-9<step-8: 9=COPY a b\n"
            "step-10<step-9: 10=PORT 80\n");
  EXPECT_EQ(document.start->argv, (Words{"node", "a b"}));
  EXPECT_EQ(document.start->step, 12);
  EXPECT_TRUE(document.healthcheck);
}

TEST(Parser, LastBaseAndStartWin) {
  const Document document = parse_document("BASE a\nSTART x\nBASE b\nSTART [\"y\", \"\"]\n");
  EXPECT_EQ(document.base, "b");
  EXPECT_EQ(document.start->argv, (Words{"y", ""}));
}

struct Golden {
  std::string text;
  std::string error;
};

TEST(Parser, ErrorsNameFileLineAndRemedy) {
  const std::string block = "BASE a\nBLOCK b\n";
  const Golden cases[] = {
      {"", "invalid invalid Boxfile: missing BASE or BOX directive"},
      {"RUN x\n", "invalid invalid Boxfile: missing BASE or BOX directive"},
      {"FROM a\nRUNN x\n", "invalid MiniBox:2: unknown instruction 'RUNN', did you mean 'RUN'?"},
      {"FROM a\nADD x y\n", "invalid MiniBox:2: unknown instruction 'ADD', did you mean 'COPY'?"},
      {"FROM a\nINSTAL-DEPS\n", "invalid MiniBox:2: unknown instruction 'INSTAL-DEPS', did you mean 'INSTALL-DEPS'?"},
      {"FROM a\nNEED x\n", "invalid MiniBox:2: 'NEED' is a word of the format that begins with BASE"},
      {"FROM a\nBOX b\n", "invalid MiniBox:2: only one 'BOX' a file"},
      {"BASE\n", "invalid MiniBox:1: BASE requires an image argument"},
      {"BASE a b\n", "invalid MiniBox:1: BASE takes one image, not 'a b'"},
      {"BASE a\nHEALTHCHECK --retries=2 NONE\n", "invalid MiniBox:2: HEALTHCHECK NONE takes no options"},
      {"BASE a\nHEALTHCHECK --retries=2 CMD\n", "invalid MiniBox:2: HEALTHCHECK CMD requires a command"},
      {block + " RUN --mount=type=cache,target=/x make\n",
       "invalid MiniBox:3: unknown option '--mount=type=cache,target=/x' of RUN"},
      {block + " RUN --network=none <<E\nx\nE\n", "invalid MiniBox:3: unknown option '--network=none' of RUN"},
      {"BASE a\nBLOCK\n", "invalid MiniBox:2: BLOCK requires a name"},
      {"BASE a\nBLOCK ../x\n", "invalid MiniBox:2: invalid block name '../x'"},
      {"BASE a\n\nBLOCK x\n\nBLOCK x\n", "invalid MiniBox:5: block 'x' is already defined at line 3"},
      {"BASE a\nSTRAT x\n", "invalid MiniBox:2: unknown instruction 'STRAT', did you mean 'START'?"},
      {"BASE a\nFLUMMOX x\n", "invalid MiniBox:2: unknown instruction 'FLUMMOX'"},
      {"BASE a\nFROM b\n", "invalid MiniBox:2: unknown instruction 'FROM', did you mean 'BASE'?"},
      {"BASE a\ncmd x\n", "invalid MiniBox:2: unknown instruction 'cmd', did you mean 'START'?"},
      {block + " ENTRYPOINT x\n", "invalid MiniBox:3: unknown instruction 'ENTRYPOINT', did you mean 'START'?"},
      {block + " EXPOSE 80\n", "invalid MiniBox:3: unknown instruction 'EXPOSE', did you mean 'PORT'?"},
      {block + " ADD x y\n", "invalid MiniBox:3: unknown instruction 'ADD', did you mean 'COPY'?"},
      {"BASE a\nRUN x\n", "invalid MiniBox:2: 'RUN' belongs inside a block"},
      {"BASE a\n RUN x\n", "invalid MiniBox:2: 'RUN' stands outside any block"},
      {"BASE a\nBLOCK b\nSTART x\n RUN x\n", "invalid MiniBox:4: 'RUN' stands outside any block"},
      {"BASE a\nSTART\n", "invalid MiniBox:2: START requires a command"},
      {"BASE a\nSTART 'x\n", "invalid MiniBox:2: START: no closing ' quote"},
      {"BASE a\nSTART [\"x\", 1]\n", "invalid MiniBox:2: START: not a JSON array of strings"},
      {"BASE a\nHEALTHCHECK --interval=0 x\n",
       "invalid MiniBox:2: --interval takes a time from 100ms to 24h such as 10s, 1m30s or 500ms, not '0'"},
      {"BASE a\nHEALTHCHECK --timeout x\n",
       "invalid MiniBox:2: --timeout takes a time from 100ms to 24h such as 10s, 1m30s or 500ms, not ''"},
      {"BASE a\nHEALTHCHECK --retries=0 x\n",
       "invalid MiniBox:2: --retries takes a whole number from 1 to 1000, not '0'"},
      {"BASE a\nHEALTHCHECK --shell=3 x\n", "invalid MiniBox:2: unknown option '--shell=3' of HEALTHCHECK"},
      {block + " RUNN x\n", "invalid MiniBox:3: unknown instruction 'RUNN', did you mean 'RUN'?"},
      {block + " BLOCK c\n", "invalid MiniBox:3: 'BLOCK' must not be indented"},
      {block + " NEEDS c\n", "invalid MiniBox:3: unknown instruction 'NEEDS', did you mean 'NEED'?"},
      {block + " BASE\n", "invalid MiniBox:3: BASE requires an image argument"},
      {block + " BASE c\n BASE d\n", "invalid MiniBox:4: the block has a BASE already at line 3"},
      {block + " AUTO-DEPS x\n", "invalid MiniBox:3: AUTO-DEPS takes no argument, not 'x'"},
      {block + " PKG\n", "invalid MiniBox:3: PKG requires a package name"},
      {block + " ARG 1A=x\n", "invalid MiniBox:3: invalid name '1A' of ARG"},
      {block + " SECRET ../x\n", "invalid MiniBox:3: invalid secret name '../x'"},
      {block + " CACHE x\n", "invalid MiniBox:3: cache path 'x' is not absolute"},
      {block + " CACHE /a/..\n", "invalid MiniBox:3: cache path '/a/..' is the root, which is no cache"},
      {block + " RUN <<EOF\n x\n", "invalid MiniBox:3: no line 'EOF' ends the here-document"},
      {block + " RUN <<EOF\nEOF\n", "invalid MiniBox:3: RUN requires a command"},
      {block + " RUN <<E\n#!/bin/awk\nE\n", "unsupported MiniBox:3: a script of RUN is for /bin/sh, not '#!/bin/awk'"},
      {block + " COPY <<E\nE\n", "invalid MiniBox:3: COPY requires a source and a destination"},
      {block + " COPY <<E <<F x\nE\nF\n",
       "invalid MiniBox:3: COPY of several sources needs a destination that ends in '/'"},
      {block + " COPY FROM=c <<E x\nE\n", "invalid MiniBox:3: COPY FROM= takes no here-document"},
      {block + " NEED\n", "invalid MiniBox:3: NEED requires a block name"},
      {block + " BNEED\n", "invalid MiniBox:3: BNEED requires a block name"},
      {block + " NEED a b\n", "invalid MiniBox:3: NEED takes one argument, not 'a b'"},
      {block + " RUN\n", "invalid MiniBox:3: RUN requires a command"},
      {block + " COPY x\n", "invalid MiniBox:3: COPY requires a source and a destination"},
      {block + " COPY --chown=1 x y\n", "invalid MiniBox:3: unknown option '--chown=1' of COPY"},
      {block + " COPY a b c\n", "invalid MiniBox:3: COPY of several sources needs a destination that ends in '/'"},
      {block + " COPY FROM=b /x/* /y/\n", "unsupported MiniBox:3: COPY FROM= takes no wildcards"},
      {block + " WORKDIR\n", "invalid MiniBox:3: WORKDIR requires a path"},
      {block + " USER\n", "invalid MiniBox:3: USER requires a user name or id"},
      {block + " ENV\n", "invalid MiniBox:3: ENV requires a name and a value"},
      {block + " ENV A\n", "invalid MiniBox:3: ENV 'A' has no value"},
      {block + " ENV A=1 B\n", "invalid MiniBox:3: ENV takes NAME=VALUE, not 'B'"},
      {block + " ENV =1\n", "invalid MiniBox:3: invalid environment name ''"},
      {block + " PORT 65536\n", "invalid MiniBox:3: port '65536' is not from 1 to 65535"},
      {block + " PORT 80/icmp\n", "invalid MiniBox:3: port '80/icmp' has an unknown protocol"},
      {block + " VOLUME data\n", "invalid MiniBox:3: volume path 'data' is not absolute"},
      {block + " RUN x \\", "invalid MiniBox:3: the file ends after a '\\'"},
      {block + " RUN \xff\n", "invalid MiniBox:3: line is not valid UTF-8"},
      {block + " RUN " + std::string(1, '\0') + "\n", "invalid MiniBox:3: line holds a NUL byte"},
      {block + " NEED d\nBLOCK deps\n", "invalid MiniBox:3: block 'b' needs unknown block 'd'"},
      {block + " NEED depz\nBLOCK deps\n",
       "invalid MiniBox:3: block 'b' needs unknown block 'depz' (did you mean 'deps'?)"},
      {block + " COPY FROM=bb x y\n", "invalid MiniBox:3: block 'b' copies from unknown block 'bb'"},
      {block + " NEED b\n", "invalid MiniBox:2: blocks need each other in a circle: b -> b"},
      {"BASE x\nBLOCK z\n NEED a\nBLOCK a\n NEED b\nBLOCK b\n BNEED c\nBLOCK c\n COPY FROM=a x y\n",
       "invalid MiniBox:4: blocks need each other in a circle: a -> b -> c -> a"},
  };
  for (const Golden& golden : cases) EXPECT_EQ(error_of(golden.text), golden.error) << golden.text;
}

TEST(Parser, RefusesMoreThanItsBounds) {
  EXPECT_EQ(error_of("BASE a\n" + std::string(2u << 20, '#')), "invalid MiniBox: larger than 1 MiB");
  EXPECT_EQ(error_of("BASE a\n" + std::string(kMaxLineSize + 1, '#')), "invalid MiniBox:2: line is longer than 64 KiB");
  EXPECT_EQ(error_of("BASE a\n" + std::string(kMaxLines, '\n')), "invalid MiniBox: more than 20000 lines");
  std::string blocks = "BASE a\n";
  for (size_t i = 0; i <= kMaxBlocks; ++i) blocks += "BLOCK b" + std::to_string(i) + "\n";
  EXPECT_EQ(error_of(blocks), "invalid MiniBox:1002: more than 1000 blocks");
  std::string runs = "BASE a\nBLOCK b\n";
  for (size_t i = 0; i <= kMaxInstructions; ++i) runs += " RUN x\n";
  EXPECT_EQ(error_of(runs), "invalid MiniBox:10003: more than 10000 instructions");
  std::string env = "BASE a\nBLOCK b\n ENV";
  for (size_t i = 0; i <= kMaxEnvCount; ++i) env += " A=1";
  EXPECT_EQ(error_of(env), "invalid MiniBox:3: more than 1000 ENV variables");
}

TEST(Parser, ThousandsOfLinesOfContinuationStayWithinTheBound) {
  std::string text = "BASE a\nBLOCK b\n RUN ";
  for (int i = 0; i < 1000; ++i) text += std::string(100, 'x') + "\\\n";
  EXPECT_EQ(error_of(text + "\n"), "invalid MiniBox:3: line is longer than 64 KiB");
}

// Random bytes, and random rearrangements of words that mean something, either parse or throw Error.
TEST(Parser, NoInputCrashesIt) {
  const Words pieces = {"BASE",        "BLOCK", "NEED",        "BNEED",
                        "RUN",         "COPY",  "FROM=",       "WORKDIR",
                        "ENV",         "START", "HEALTHCHECK", "PORT",
                        "USER",        "PKG",   "FROM",        "SECRET",
                        "CACHE",       "ARG",   "AUTO-DEPS",   "<<",
                        "<<-a\n",      "a",     "b",           "=",
                        "\n",          "\n",    "\n ",         "\n\t",
                        " ",           "\\",    "\\\n",        "\"",
                        "'",           "[",     "]",           ",",
                        "--interval=", "#",     "\xff",        "\xc3\xa9",
                        "VOLUME",      "/",     "..",          "99999999999999999999",
                        "@",           "[\"",   "\"]",         "\r"};
  std::mt19937 random(20260101);
  for (int round = 0; round < 20000; ++round) {
    std::string text = random() % 4 != 0 ? "BASE a\nBLOCK a\nBLOCK b\n" : "";
    const size_t length = random() % 40;
    for (size_t i = 0; i < length; ++i) {
      if (random() % 16 == 0) {
        text += static_cast<char>(random());
      } else {
        text += pieces[random() % pieces.size()];
        if (random() % 2 == 0) text += ' ';
      }
    }
    error_of(text);
  }
}

TEST(Words, AreCutAsAShellCutsThem) {
  EXPECT_EQ(shell_words("  a  b\tc "), (Words{"a", "b", "c"}));
  EXPECT_EQ(shell_words("a'b c'd \"e f\"\"g\" '' \\  h\\\"i"), (Words{"ab cd", "e fg", "", " ", "h\"i"}));
  EXPECT_EQ(shell_words(R"("a\"b\\c\d$" 'x\y')"), (Words{"a\"b\\c\\d$", "x\\y"}));
  EXPECT_THROW(shell_words("\"a"), Error);
  EXPECT_FALSE(json_words("[\"a\\u0000b\"]"));
  EXPECT_FALSE(json_words("[]"));
  EXPECT_FALSE(json_words(std::string(60000, '[')));
}

}  // namespace
}  // namespace minibox::build
