#include "base/json_error.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace minibox {
namespace {

struct Wording {
  std::string_view theirs;  // a part of the library's words
  std::string_view ours;
  bool names_found;  // what stands there instead helps to see it
};

// The first that fits: what a character is wrong for says more than where it stands.
constexpr std::array kWordings = {
    Wording{"; expected end of input", "nothing may follow the document's end", false},
    Wording{"ill-formed UTF-8", "the text is not UTF-8", false},
    Wording{"missing closing quote", "a text has no closing quote", false},
    Wording{"invalid string", "a text has a character that must be escaped", false},
    Wording{"invalid number", "a number is malformed", false},
    Wording{"invalid literal", "names and texts stand in double quotes, and true, false and null are all other words",
            false},
    Wording{"while parsing object key", "a name in double quotes is expected", true},
    Wording{"while parsing object separator", "':' is expected behind a name", true},
    Wording{"while parsing object", "',' or '}' is expected", true},
    Wording{"while parsing array", "',' or ']' is expected", true},
    Wording{"while parsing value", "a value is expected", true},
};

std::string found_at(std::string_view text, size_t at) {
  if (at >= text.size()) return ", and the text ends";
  const char c = text[at];
  return c > 0x20 && c < 0x7f ? ", not " + quote(text.substr(at, 1)) : "";
}

std::string explain(std::string_view text, size_t at, std::string_view theirs) {
  for (const Wording& wording : kWordings) {
    if (theirs.find(wording.theirs) == std::string_view::npos) continue;
    return std::string(wording.ours) + (wording.names_found ? found_at(text, at) : "");
  }
  return "something else is expected";
}

}  // namespace

std::string describe_json_error(std::string_view text, const std::exception& error) {
  const std::string_view theirs = error.what();
  const auto* parse_error = dynamic_cast<const nlohmann::json::parse_error*>(&error);
  if (parse_error == nullptr) {
    const size_t mark = theirs.starts_with("[json.exception") ? theirs.find("] ") : std::string_view::npos;
    return std::string(mark == std::string_view::npos ? theirs : theirs.substr(mark + 2));
  }
  const size_t at = parse_error->byte == 0 ? 0 : parse_error->byte - 1;  // of the last character that was read
  const std::string_view before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return "line " + std::to_string(line) + ", column " + std::to_string(before.size() - begin + 1) + ": " +
         explain(text, at, theirs);
}

}  // namespace minibox
