#include "base/json_error.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace minibox {
namespace {

std::string describe(const std::string& text) {
  try {
    static_cast<void>(nlohmann::json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    return describe_json_error(text, error);
  }
  return "no error";
}

TEST(JsonError, NamesPlaceAndWhatIsExpectedInOurWords) {
  EXPECT_EQ(describe(""), "line 1, column 1: a value is expected, and the text ends");
  EXPECT_EQ(describe("{\n  \"a\": 1,\n}\n"), "line 3, column 1: a name in double quotes is expected, not '}'");
  EXPECT_EQ(describe("{\"a\" 1}"), "line 1, column 6: ':' is expected behind a name, not '1'");
  EXPECT_EQ(describe("{\"a\": 1 \"b\"}"), "line 1, column 11: ',' or '}' is expected, not '\"'");
  EXPECT_EQ(describe("[1\n 2]"), "line 2, column 2: ',' or ']' is expected, not '2'");
  EXPECT_EQ(describe("{\"a\": }"), "line 1, column 7: a value is expected, not '}'");
  EXPECT_EQ(describe("{\"a\": 1"), "line 1, column 8: ',' or '}' is expected, and the text ends");
  EXPECT_EQ(describe("{a: 1}"),
            "line 1, column 2: names and texts stand in double quotes, and true, false and null are all other words");
  EXPECT_EQ(describe("{} x"), "line 1, column 4: nothing may follow the document's end");
  EXPECT_EQ(describe("[\"x\ny\"]"), "line 1, column 4: a text has a character that must be escaped");
  EXPECT_EQ(describe("[\"x"), "line 1, column 4: a text has no closing quote");
  EXPECT_EQ(describe("[\"\xff\"]"), "line 1, column 3: the text is not UTF-8");
  EXPECT_EQ(describe("[1.]"), "line 1, column 4: a number is malformed");
}

TEST(JsonError, WithoutAPlaceTheMarkOfTheLibraryIsLeftOut) {
  EXPECT_EQ(describe("[1e999]"), "number overflow parsing '1e999'");
  EXPECT_EQ(describe_json_error("", std::runtime_error("[x] y")), "[x] y");
}

}  // namespace
}  // namespace minibox
