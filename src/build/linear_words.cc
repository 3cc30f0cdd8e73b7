#include "build/linear_words.h"

#include <algorithm>
#include <array>

namespace minibox::build {
namespace {

struct Alias {
  std::string_view word;
  std::string_view keyword;
  std::string_view before;  // put before the rest of the line
};

constexpr std::array kAliases = {
    Alias{"FROM", "BASE", ""},
    Alias{"BOX", "BASE", ""},
    Alias{"START-WITH", "BASE", ""},
    Alias{"ADD-PACKAGE", "PKG", ""},
    Alias{"INSTALL-DEPS", "RUN", "npm install"},
    Alias{"CLONE-REPO", "RUN", "git clone"},
    Alias{"RUN-COMMAND", "RUN", ""},
    Alias{"GOTO-FOLDER", "WORKDIR", ""},
    Alias{"SET-ENVIRONMENT", "ENV", ""},
    Alias{"IMPORT-FILE", "COPY", ""},
    Alias{"GRAB-ALL", "COPY", ". /app"},
    Alias{"SYNC-PACK", "COPY", ". /app"},
    Alias{"LAUNCH", "START", ""},
    Alias{"CMD", "START", ""},
    Alias{"EXPOSE", "PORT", ""},
};

const Alias* find_alias(std::string_view word) {
  const auto found = std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& a) { return a.word == word; });
  return found == kAliases.end() ? nullptr : &*found;
}

}  // namespace

bool is_linear_base(std::string_view keyword) {
  const Alias* alias = find_alias(keyword);
  return alias != nullptr && alias->keyword == "BASE";
}

Line in_block_words(const Line& line) {
  const Alias* alias = find_alias(line.keyword);
  if (alias == nullptr) return line;
  Line translated = line;
  translated.keyword = alias->keyword;
  if (!alias->before.empty()) {
    translated.rest = std::string(alias->before) + (translated.rest.empty() ? "" : " " + translated.rest);
  }
  return translated;
}

std::vector<std::string> linear_words() {
  std::vector<std::string> words = {"RUN", "COPY",      "WORKDIR", "ENV",    "USER",  "VOLUME", "PORT",
                                    "PKG", "AUTO-DEPS", "ARG",     "SECRET", "CACHE", "START",  "HEALTHCHECK"};
  for (const Alias& alias : kAliases) words.emplace_back(alias.word);
  return words;
}

}  // namespace minibox::build
