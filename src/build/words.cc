#include "build/words.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace minibox::build {
namespace {

class WordSplitter {
 public:
  explicit WordSplitter(std::string_view text) : text_(text) {}

  std::vector<std::string> run() {
    while (next_ < text_.size()) take(text_[next_++]);
    end_word();
    return std::move(words_);
  }

 private:
  void take(char c) {
    if (c == ' ' || c == '\t') return end_word();
    started_ = true;
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
    if (started_) words_.push_back(std::move(word_));
    word_.clear();
    started_ = false;
  }

  std::string_view text_;
  size_t next_ = 0;
  bool started_ = false;  // '' is a word, though an empty one
  std::string word_;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> shell_words(std::string_view text) {
  return WordSplitter(text).run();
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
