// The keys that leave a terminal without ending the program behind it, as in "ctrl-p,ctrl-q".
#pragma once

#include <string>
#include <string_view>

namespace minibox::cli {

inline constexpr char kDefaultDetachKeys[] = "ctrl-p,ctrl-q";

class DetachKeys {
 public:
  // Words separated by commas: one character, or "ctrl-" and a letter or one of @ [ \ ] ^ _. Empty: no keys. Error
  // kInvalid otherwise.
  explicit DetachKeys(const std::string& words);

  // What of `typed` is for the program. Keys that may be the beginning of the sequence are kept back until it is known.
  std::string filter(std::string_view typed);
  bool detached() const { return detached_; }

 private:
  std::string keys_;
  size_t seen_ = 0;  // how many of them were typed last
  bool detached_ = false;
};

}  // namespace minibox::cli
