// Errors about a line of the MiniBox file: "MiniBox:12: unknown instruction 'RUNN', did you mean 'RUN'?".
#pragma once

#include <string>

#include "base/error.h"

namespace minibox::build {

inline std::string source_position(const std::string& file, int line) {
  return file + ":" + std::to_string(line);
}

inline Error source_error(const std::string& file, int line, const std::string& message,
                          ErrorKind kind = ErrorKind::kInvalid) {
  return Error(kind, source_position(file, line) + ": " + message);
}

}  // namespace minibox::build
