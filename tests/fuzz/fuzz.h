// What the fuzz programs share. Each is one LLVMFuzzerTestOneInput: bytes as an attacker may send them go in; an Error
// is an answer, anything else that leaves the code under test, and every broken promise, ends the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"

namespace minibox::fuzz {

inline std::string text_of(const std::uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool promise) {
  if (!promise) std::abort();
}

template <typename Action>
void allow_errors(Action action) {
  try {
    action();
  } catch (const Error& error) {
    require(!error.text().empty());
  }
}

// What was accepted is printed and read again as the same.
template <typename Value, typename Text>
void check_round_trip(const Text& text) {
  allow_errors([&] {
    const Value value = Value::parse(text);
    const std::string printed = value.print();
    require(Value::parse(printed).print() == printed);
  });
}

}  // namespace minibox::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
