// How pieces of a log are sent: as they are, with the time before each line, or as frames that keep the streams apart.
#pragma once

#include <string>
#include <utility>

#include "engine/log_reader.h"

namespace minibox::api {

class LogFormat {
 public:
  LogFormat(bool timestamps, bool framed) : timestamps_(timestamps), framed_(framed) {}

  void add(const engine::LogPiece& piece);
  const std::string& text() const { return text_; }
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string with_times(const engine::LogPiece& piece);

  bool timestamps_;
  bool framed_;
  bool in_line_[2] = {false, false};  // of stdout, of stderr: its last line has not ended
  std::string text_;
};

}  // namespace minibox::api
