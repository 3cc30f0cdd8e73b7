#include "registry/challenge.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace minibox::registry {
namespace {

constexpr size_t kMaxField = 16u << 10;
constexpr size_t kMaxParts = 64;  // challenges, and parameters of one

bool is_token_character(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  void skip_blanks() {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  void skip_commas() {
    for (skip_blanks(); take(','); skip_blanks()) {
    }
  }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string token() {
    const size_t begin = at_;
    while (!at_end() && is_token_character(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  std::optional<std::string> value() { return take('"') ? quoted() : plain(); }
  size_t position() const { return at_; }
  void go_back(size_t position) { at_ = position; }

 private:
  std::optional<std::string> plain() {
    std::string text = token();
    if (text.empty()) return std::nullopt;
    return text;
  }
  std::optional<std::string> quoted() {
    std::string value;
    while (!at_end()) {
      char c = text_[at_++];
      if (c == '"') return value;
      if (c == '\\') {
        if (at_end()) return std::nullopt;
        c = text_[at_++];
      }
      value += c;
    }
    return std::nullopt;  // no closing quote
  }

  std::string_view text_;
  size_t at_ = 0;
};

// name=value pairs up to the next scheme. False: what follows can't be understood.
bool read_parameters(Scanner& scanner, Challenge& challenge) {
  for (size_t count = 0; count < kMaxParts; ++count) {
    const size_t begin = scanner.position();
    scanner.skip_commas();
    if (scanner.at_end()) return true;
    const std::string name = to_lower(scanner.token());
    scanner.skip_blanks();
    if (name.empty()) return false;
    if (!scanner.take('=')) {  // no parameter: the scheme of the next challenge
      scanner.go_back(begin);
      return true;
    }
    scanner.skip_blanks();
    const auto value = scanner.value();
    if (!value) return false;
    challenge.parameters.try_emplace(name, *value);
    scanner.skip_blanks();
  }
  return false;
}

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

std::vector<Challenge> parse_challenges(std::string_view field) {
  std::vector<Challenge> challenges;
  Scanner scanner(field.substr(0, kMaxField));
  while (challenges.size() < kMaxParts) {
    scanner.skip_commas();
    Challenge challenge;
    challenge.scheme = to_lower(scanner.token());
    if (challenge.scheme.empty()) break;
    const bool understood = read_parameters(scanner, challenge);
    challenges.push_back(std::move(challenge));
    if (!understood) break;
  }
  return challenges;
}

}  // namespace minibox::registry
