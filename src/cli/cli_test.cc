#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "cli/build_log.h"
#include "cli/command_line.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "cli/tables.h"

namespace minibox::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Style kPlain{false};
constexpr Style kColour{true};

wire::ContainerInfo container(const std::string& id, const std::string& status) {
  wire::ContainerInfo info;
  info.id = id;
  info.image = "busybox";
  info.command = {"sh", "-c", "while true; do echo hello; done"};
  info.created_at = "2026-01-02T03:04:05.678901234Z";
  info.status = status;
  return info;
}

class Tables : public ::testing::Test {
 protected:
  Tables() {
    ::setenv("TZ", "UTC", 1);
    containers_["bbbbbbbb"] = container("bbbbbbbb", "running");
    containers_["bbbbbbbb"].ports = {{"8080", "80"}, {"127.0.0.1:53", "53/tcp"}};
    containers_["aaaaaaaa"] = container("aaaaaaaa", "exited");
    containers_["aaaaaaaa"].exit_code = 137;
    containers_["cccccccc"] = container("cccccccc", "exited");
    containers_["cccccccc"].exit_code = -1;
    containers_["cccccccc"].command = {"\x1b[2J", "\xc3\xa4"};
  }
  Containers containers_;
};

TEST_F(Tables, ContainersGolden) {
  containers_["bbbbbbbb"].name = "web";
  EXPECT_EQ(
      containers_table(containers_, true, kPlain),
      "CONTAINER ID   IMAGE     COMMAND                     CREATED               STATUS    HEALTH   EXIT   "
      "PORTS                                       NAMES\n"
      "aaaaaaaa       busybox   sh -c while true; do e...   2026-01-02 03:04:05   exited    none     137    -          "
      "                                 "
      "-\n"
      "bbbbbbbb       busybox   sh -c while true; do e...   2026-01-02 03:04:05   running   none     -      "
      "0.0.0.0:8080->80/tcp,127.0.0.1:53->53/tcp   web\n"
      "cccccccc       busybox   ?[2J \xc3\xa4                      2026-01-02 03:04:05   exited    none     ?      "
      "-                                           -\n");
}

TEST_F(Tables, OnlyRunningContainersUnlessAllAreAskedFor) {
  EXPECT_THAT(containers_table(containers_, false, kPlain), Not(HasSubstr("aaaaaaaa")));
  EXPECT_EQ(containers_table({}, false, kPlain), "No active containers found. Use -a to see all.\n");
}

TEST_F(Tables, StatusIsColouredOnlyWhereColoursAreOn) {
  EXPECT_THAT(containers_table(containers_, true, kColour), HasSubstr("\x1b[32mrunning\x1b[0m"));
  EXPECT_THAT(containers_table(containers_, true, kColour), HasSubstr("\x1b[31mexited\x1b[0m"));
  EXPECT_EQ(containers_table(containers_, true, kPlain).find('\x1b'), std::string::npos);
}

TEST_F(Tables, ContainersAsJsonAreAllStrings) {
  containers_.erase("aaaaaaaa");
  EXPECT_EQ(containers_json(containers_, false),
            "[\n  {\n    \"id\": \"bbbbbbbb\",\n    \"name\": \"\",\n    \"image\": \"busybox\",\n"
            "    \"command\": \"sh -c while true; do echo hello; done\",\n"
            "    \"created\": \"2026-01-02T03:04:05.678901234Z\",\n    \"status\": \"running\",\n"
            "    \"health\": \"none\",\n    \"exit\": \"-\",\n"
            "    \"ports\": \"0.0.0.0:8080->80/tcp,127.0.0.1:53->53/tcp\"\n  }\n]\n");
  EXPECT_EQ(containers_json({}, true), "[]\n");
}

TEST_F(Tables, ImagesGolden) {
  const std::vector<wire::ImageSummary> images = {
      {"localhost:5000/team/app", 1536, "sha256:00112233445566778899", ""},
      {"busybox:1.36", 1, "", ""},
      {"alpine", 3 << 20, "sha256:aabbccddeeff0011", ""},
  };
  EXPECT_EQ(images_table(images, kPlain),
            "REPOSITORY                TAG      IMAGE ID       SIZE\n"
            "alpine                    latest   aabbccddeeff   3.00 MB\n"
            "busybox                   1.36     <none>         1 B\n"
            "localhost:5000/team/app   latest   001122334455   1.50 KB\n");
  EXPECT_EQ(images_json({}), "[]\n");
}

TEST(FormatSize, UsesPowersOf1024) {
  EXPECT_EQ(format_size(0), "-");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1024), "1.00 KB");
  EXPECT_EQ(format_size(5ull << 40), "5.00 TB");
  EXPECT_EQ(format_size(5000ull << 40), "5000.00 TB");
}

TEST(TimingTable, Golden) {
  EXPECT_EQ(timing_table({{"daemon", "make the cgroup", 12}, {"client", "total", 2345}}, kPlain),
            "WHERE    STEP              US\n"
            "daemon   make the cgroup   12\n"
            "client   total             2345\n");
}

struct Parsed {
  bool flag = false;
  bool other = false;
  std::string text;
  std::string colour;
  std::vector<std::string> list;
  std::int64_t number = 0;
  std::vector<std::string> words;
};

Parsed parse(const std::vector<std::string>& args, Options::Words mode = Options::Words::kAnywhere) {
  Parsed parsed;
  Options options("demo [OPTIONS] WORD...", "A demonstration.", mode);
  options.flag("-d,--detach", parsed.flag, "flag")
      .flag("-i", parsed.other, "other")
      .text("--name", "NAME", parsed.text, "text")
      .list("-e,--env", "K=V", parsed.list, "list")
      .number("-n", "N", parsed.number, -1, 10, "number")
      .choice("--colour", "WORD", {"red", "green", "blue"}, parsed.colour, "choice")
      .custom(
          "--even", "TEXT",
          [](const std::string& value) {
            if (value == "gone") throw Error(ErrorKind::kNotFound, "no such file");
            if (value.size() % 2 != 0) throw Error(ErrorKind::kInvalid, "odd");
          },
          "custom");
  options.parse(args, 0, 3);
  parsed.words = options.words();
  return parsed;
}

TEST(Options, TakesEverySpelling) {
  const Parsed parsed = parse({"-di", "--name=x=y", "-eA=1", "-e", "B=2", "--env", "C=3", "-n", "-1", "word"});
  EXPECT_TRUE(parsed.flag);
  EXPECT_TRUE(parsed.other);
  EXPECT_EQ(parsed.text, "x=y");
  EXPECT_THAT(parsed.list, ElementsAre("A=1", "B=2", "C=3"));
  EXPECT_EQ(parsed.number, -1);
  EXPECT_THAT(parsed.words, ElementsAre("word"));
}

TEST(Options, FlagsAndShortOptionsTakeAnEqualsSign) {
  EXPECT_TRUE(parse({"-d=true"}).flag);
  EXPECT_TRUE(parse({"--detach=1"}).flag);
  EXPECT_FALSE(parse({"-d", "--detach=false"}).flag);
  EXPECT_FALSE(parse({"-d", "-id=0"}).flag);
  EXPECT_EQ(parse({"-n=7"}).number, 7);
  EXPECT_THAT(parse({"-e=A=1"}).list, ElementsAre("A=1"));
  for (const char* word : {"-d=", "--detach=", "-d=yes", "--detach=x"}) EXPECT_THROW(parse({word}), Error) << word;
}

TEST(Options, FirstWordEndsTheOptionsWhereSaid) {
  EXPECT_THAT(parse({"image", "-d", "--name"}, Options::Words::kEndOptions).words,
              ElementsAre("image", "-d", "--name"));
  EXPECT_THAT(parse({"a", "-d", "b"}).words, ElementsAre("a", "b"));
  EXPECT_THAT(parse({"--", "-d", "-"}).words, ElementsAre("-d", "-"));
  EXPECT_THAT(parse({"-"}).words, ElementsAre("-"));
}

TEST(Options, WhatDoesNotFitIsAUsageError) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{{"--nmae", "x"},
                                                                                    {"-x"},
                                                                                    {"-dx"},
                                                                                    {"--name"},
                                                                                    {"-e"},
                                                                                    {"--detach=x"},
                                                                                    {"-n", "11"},
                                                                                    {"-n", "1x"},
                                                                                    {"-n", ""},
                                                                                    {"--colour", "pink"},
                                                                                    {"--colour="},
                                                                                    {"--even", "odd"},
                                                                                    {"a", "b", "c", "d"}}) {
    try {
      parse(args);
      ADD_FAILURE() << args[0];
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_EQ(error.hint(), "see: minibox demo --help");
    }
  }
  try {
    parse({"--nmae", "x"});
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "unknown option '--nmae'; did you mean '--name'?");
  }
}

TEST(Options, AChoiceNamesItsWordsAndOnlyAWrongValueIsAUsageError) {
  EXPECT_EQ(parse({"--colour", "green"}).colour, "green");
  try {
    parse({"--colour", "pink"});
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "--colour must be red, green or blue, not 'pink'");
  }
  try {
    parse({"--even", "gone"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(error.exit_code(), 2);
  }
}

TEST(Options, HelpGolden) {
  bool flag = false;
  std::string text;
  Options options("demo [OPTIONS] WORD...", "A demonstration.");
  options.flag("-d,--detach", flag, "a flag").text("--name", "NAME", text, "a text");
  EXPECT_EQ(options.help(),
            "usage: minibox demo [OPTIONS] WORD...\n\nA demonstration.\n\noptions:\n"
            "  -d, --detach     a flag\n      --name NAME  a text\n");
}

TEST(RunOptions, Ports) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(parse_publish("8080:80"), Pair("8080", "80"));
  EXPECT_EQ(parse_publish("127.0.0.1:8080:80/tcp"), Pair("127.0.0.1:8080", "80/tcp"));
  EXPECT_EQ(parse_publish("[::1]:8080:80"), Pair("[::1]:8080", "80"));
  for (const char* text :
       {"", "80", ":80", "80:", "x:80", "80:x", "0:80", "80:65536", "80:80/udp", ":80:80", "-1:80"}) {
    EXPECT_THROW(parse_publish(text), Error) << text;
  }
}

TEST(RunOptions, Volumes) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(parse_volume("/srv:/data", "/home"), Pair("/srv", "/data"));
  EXPECT_EQ(parse_volume("./x:/data:ro", "/home"), Pair("/home/x", "/data:ro"));
  EXPECT_EQ(parse_volume("../x/:/data", "/home/me"), Pair("/home/x", "/data"));
  EXPECT_EQ(parse_volume(".:/data", "/home"), Pair("/home", "/data"));
  EXPECT_EQ(parse_volume("name:/data:ro", "/home"), Pair("name", "/data:ro"));
  for (const char* text :
       {"", "/srv", ":/data", "/srv:", "name:data", "/srv:data", "/srv:/data:rx", "/srv:/data:ro:rw"}) {
    EXPECT_THROW(parse_volume(text, "/home"), Error) << text;
  }
}

TEST(RunOptions, Memory) {
  EXPECT_EQ(parse_memory("64"), 64);
  EXPECT_EQ(parse_memory("64M"), 64);
  EXPECT_EQ(parse_memory("1g"), 1024);
  EXPECT_EQ(parse_memory("2048k"), 2);
  EXPECT_EQ(parse_memory("67108864b"), 64);
  for (const char* text :
       {"", "0", "-1", "x", "64x", "1.5g", "100k", "1000000b", "m", "17592186044417b", "99999999999999999999"}) {
    EXPECT_THROW(parse_memory(text), Error) << text;
  }
}

TEST(RunOptions, Cpus) {
  EXPECT_EQ(parse_cpus("0.5"), 0.5);
  EXPECT_EQ(parse_cpus("2"), 2.0);
  for (const char* text : {"", "0", "-1", "x", "1e3", "nan", "inf", "1x", "5000"}) {
    EXPECT_THROW(parse_cpus(text), Error) << text;
  }
}

TEST(RunOptions, EnvironmentVariables) {
  ::setenv("MINIBOX_TEST_VALUE", "v", 1);
  EXPECT_EQ(parse_env("A=b=c"), "A=b=c");
  EXPECT_EQ(parse_env("A="), "A=");
  EXPECT_EQ(parse_env("MINIBOX_TEST_VALUE"), "MINIBOX_TEST_VALUE=v");
  EXPECT_EQ(parse_env("MINIBOX_TEST_UNSET"), std::nullopt);
  EXPECT_THROW(parse_env("=x"), Error);
  EXPECT_THROW(parse_env(""), Error);
}

TEST(PrintError, IsOneLineAndAHint) {
  EXPECT_EQ(print_error(Error(ErrorKind::kInvalid, "no"), kPlain), "[error] minibox: no\n");
  EXPECT_EQ(print_error(Error(ErrorKind::kInvalid, "no").with_hint("yes"), kPlain), "[error] minibox: no\nhint: yes\n");
  EXPECT_EQ(print_error(Error(ErrorKind::kInvalid, "[build] no"), kPlain), "[build] no\n");
}

TEST(PrintError, NoControlCharacterOfAFilesNameReachesTheTerminal) {
  const Error error = Error(ErrorKind::kInternal, "read('a\x1b[2J\r'):\nno").with_hint("see b\x1b[1m");
  EXPECT_EQ(print_error(error, kPlain), "[error] minibox: read('a?[2J?'):\nno\nhint: see b?[1m\n");
}

TEST(BuildLog, TagsAreColouredWhereverThePiecesEnd) {
  BuildLogPainter painter(kColour);
  EXPECT_EQ(painter.paint("[bu"), "");
  EXPECT_EQ(painter.paint("ild] a\nplain\n[x"), "\x1b[1;36m[build]\x1b[0m a\nplain\n");
  EXPECT_EQ(painter.rest(), "[x");
  EXPECT_EQ(BuildLogPainter(kPlain).paint("[bu"), "[bu");
}

TEST(CommandTable, NamesAreUniqueAndFound) {
  std::set<std::string_view> names;
  for (const Command& command : all_commands()) {
    EXPECT_TRUE(names.insert(command.name).second);
    EXPECT_EQ(find_command(command.name), &command);
    EXPECT_LT(command.name.size(), 10u);
  }
  EXPECT_EQ(find_command("nope"), nullptr);
}

}  // namespace
}  // namespace minibox::cli
