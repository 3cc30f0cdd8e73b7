#include "build/explain.h"

#include <gtest/gtest.h>

#include "build/graph.h"
#include "build/parser.h"

namespace minibox::build {
namespace {

const std::string kFile =
    "BASE alpine\n"
    "BLOCK deps\n COPY package.json ./\n RUN npm ci\n"
    "BLOCK app\n NEED deps\n COPY src /src\n ENV A=1\n RUN make\n RUN make\n";

BuildRecord record_of(const std::string& text, const FileValues& files, const std::string& base = "1") {
  const Document document = parse_document(text);
  const Graph graph(document);
  const auto below = [&](const std::string& source) {
    FileValues values;
    for (const auto& [path, value] : files) {
      if (path.starts_with(source)) values[path] = value;
    }
    return values;
  };
  const auto digest = [&](const std::string& source) {
    std::string all;
    for (const auto& [path, value] : below(source)) all += path + "=" + value + " ";
    return all;
  };
  return make_record(make_plan(document, graph, {{}, {{document.base, {base, {}}}}, digest}), below);
}

const FileValues kFiles = {
    {"package.json", "1"}, {"src", "d1"}, {"src/a.c", "1"}, {"src/sub", "d2"}, {"src/sub/b.c", "1"}};

std::string change(const std::string& block, const std::string& text, const FileValues& files,
                   const std::string& base = "1") {
  // As the next build finds it.
  const BuildRecord before = parse_record(print_record(record_of(kFile, kFiles)));
  return describe_change(before, record_of(text, files, base), block).value_or("unknown");
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Explain, NothingChanged) {
  EXPECT_EQ(change("deps", kFile, kFiles), "");
  EXPECT_EQ(change("app", kFile, kFiles), "");
}

TEST(Explain, NamesTheFilesThatChanged) {
  EXPECT_EQ(change("deps", kFile, {{"package.json", "2"}}), "package.json changed");
  FileValues files = kFiles;
  files["src"] = "d3";
  files["src/sub"] = "d4";
  files["src/sub/b.c"] = "2";
  files.erase("src/a.c");
  files["src/new.c"] = "1";
  EXPECT_EQ(change("app", kFile, files), "src/a.c is gone, src/new.c is new, src/sub/b.c changed");
  for (const char* name : {"1", "2", "3"}) files[std::string("src/more") + name] = "1";
  EXPECT_EQ(change("app", kFile, files), "src/a.c is gone, src/more1 is new, src/more2 is new and 3 more");
}

TEST(Explain, NamesWhatElseChanged) {
  EXPECT_EQ(change("deps", kFile, kFiles, "2"), "base 'alpine' changed");
  EXPECT_EQ(change("deps", replaced(kFile, "npm ci", "npm install"), kFiles),
            "'RUN npm install' is new, 'RUN npm ci' is gone");
  EXPECT_EQ(change("app", replaced(kFile, "npm ci", "npm install"), kFiles), "block 'deps' changed");
  EXPECT_EQ(change("app", replaced(kFile, " RUN make\n RUN make\n", " RUN make\n"), kFiles), "'RUN make' (2) is gone");
  EXPECT_EQ(change("new", kFile + "BLOCK new\n", kFiles), "unknown");
}

TEST(Explain, ADamagedRecordIsNone) {
  for (const char* text : {"", "{", "[]", "{\"a\":1}", "{\"a\":{\"parts\":[[9]],\"files\":{}}}"}) {
    EXPECT_TRUE(parse_record(text).empty()) << text;
  }
}

}  // namespace
}  // namespace minibox::build
