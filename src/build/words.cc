#include "build/words.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace minibox::build {
namespace {

class WordSplitter {
 public:
  explicit WordSplitter(std::string_view text) : text_(text) {}

  void run() {
    while (next_ < text_.size()) take(text_[next_++]);
    end_word();
  }

  std::vector<std::string> words;
  std::vector<std::string> bare;  // those without quotes

 private:
  void take(char c) {
    if (c == ' ' || c == '\t') return end_word();
    started_ = true;
    quoted_ = quoted_ || c == '\'' || c == '"' || c == '\\';
    if (c == '\'') return take_single_quoted();
    if (c == '"') return take_double_quoted();
    if (c == '\\' && next_ < text_.size()) c = text_[next_++];
    word_ += c;
  }

  void take_single_quoted() {
    const size_t end = text_.find('\'', next_);
    if (end == std::string_view::npos) throw Error(ErrorKind::kInvalid, "no closing ' quote");
    word_ += text_.substr(next_, end - next_);
    next_ = end + 1;
  }

  void take_double_quoted() {
    constexpr std::string_view kEscapable = "\"\\$`";
    while (next_ < text_.size()) {
      const char c = text_[next_++];
      if (c == '"') return;
      const bool escapes = c == '\\' && next_ < text_.size() && kEscapable.find(text_[next_]) != std::string_view::npos;
      word_ += escapes ? text_[next_++] : c;
    }
    throw Error(ErrorKind::kInvalid, "no closing \" quote");
  }

  void end_word() {
    if (started_ && !quoted_) bare.push_back(word_);
    if (started_) words.push_back(std::move(word_));
    word_.clear();
    started_ = quoted_ = false;
  }

  std::string_view text_;
  size_t next_ = 0;
  bool started_ = false;  // '' is a word, though an empty one
  bool quoted_ = false;
  std::string word_;
};

// "$NAME" or "${NAME}" at the beginning of the text, or nothing.
std::string_view variable_at(std::string_view text) {
  const auto begins = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const size_t name = text.starts_with("${") ? 2 : 1;
  if (text.size() <= name || !begins(text[name])) return {};
  size_t end = name + 1;
  while (end < text.size() && (begins(text[end]) || (text[end] >= '0' && text[end] <= '9'))) ++end;
  if (name == 2) end = std::max(end, text.find('}') + 1);  // with ":-..."; npos + 1 is 0
  return text.substr(0, end);
}

}  // namespace

std::vector<std::string> shell_words(std::string_view text) {
  WordSplitter splitter(text);
  splitter.run();
  return std::move(splitter.words);
}

std::vector<std::string> bare_words(std::string_view text) {
  WordSplitter splitter(text);
  splitter.run();
  return std::move(splitter.bare);
}

std::optional<std::string> shell_operator(std::string_view text) {
  for (const std::string& word : bare_words(text)) {
    if (word == "||" || word == "|" || word == "&&" || word == ";") return word;
  }
  return std::nullopt;
}

std::optional<std::string> first_variable(std::string_view text) {
  bool single = false;
  bool in_double = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'' && !in_double) single = !single;
    if (single) continue;
    if (text[i] == '"') in_double = !in_double;
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '$') {
      if (const std::string_view variable = variable_at(text.substr(i)); !variable.empty())
        return std::string(variable);
    }
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> json_words(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  const nlohmann::json array = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!array.is_array() || array.empty()) return std::nullopt;
  std::vector<std::string> words;
  for (const nlohmann::json& item : array) {
    if (!item.is_string()) return std::nullopt;
    words.push_back(item.get<std::string>());
    if (words.back().find('\0') != std::string::npos) return std::nullopt;  // "\u0000" would cut the argument short
  }
  return words;
}

std::vector<std::string> argument_words(std::string_view text) {
  if (!text.starts_with('[')) return shell_words(text);
  std::optional<std::vector<std::string>> words = json_words(text);
  if (!words) throw Error(ErrorKind::kInvalid, "not a JSON array of strings");
  return std::move(*words);
}

}  // namespace minibox::build
