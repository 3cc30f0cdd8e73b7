#include "cli/detach_keys.h"

#include "base/error.h"
#include "base/text.h"

namespace minibox::cli {
namespace {

char parse_key(const std::string& word) {
  if (word.size() == 1) return word[0];
  if (word.size() == 6 && to_lower(word.substr(0, 5)) == "ctrl-") {
    const char key = to_lower(word.substr(5))[0];
    if (key >= 'a' && key <= 'z') return static_cast<char>(key - 'a' + 1);
    const size_t special = std::string_view("@[\\]^_").find(key);
    if (special == 0) return 0;
    if (special != std::string_view::npos) return static_cast<char>(26 + special);
  }
  throw Error(ErrorKind::kInvalid, quote(word) + " is no key")
      .with_hint("write them as in " + std::string(kDefaultDetachKeys));
}

}  // namespace

DetachKeys::DetachKeys(const std::string& words) {
  if (words.empty()) return;
  for (const std::string& word : split(words, ',')) keys_ += parse_key(word);
}

std::string DetachKeys::filter(std::string_view typed) {
  std::string through;
  for (const char key : typed) {
    while (seen_ > 0 && key != keys_[seen_]) {
      // Not the sequence: its first key was meant, and what followed may begin it anew.
      through += keys_[0];
      const std::string rest = keys_.substr(1, seen_ - 1);
      seen_ = 0;
      through += filter(rest);
    }
    if (!keys_.empty() && key == keys_[seen_]) {
      if (++seen_ == keys_.size()) {
        detached_ = true;
        return through;
      }
    } else {
      through += key;
    }
  }
  return through;
}

}  // namespace minibox::cli
