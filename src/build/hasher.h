// SHA-256 over a sequence of fields. Each field goes in with its length, so that ("ab", "c") and ("a", "bc") differ.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace minibox::build {

class Hasher {
 public:
  Hasher();
  Hasher(Hasher&&) noexcept;
  ~Hasher();

  Hasher& field(std::string_view bytes);
  Hasher& field(std::uint64_t number);
  void raw(std::string_view bytes);  // no length: for the pieces of one file
  std::string hex();                 // ends the hash; 64 lower-case hex digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace minibox::build
