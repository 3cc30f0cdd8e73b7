// Bytes for the daemon without a known end, on an upgraded connection: frames of stdin, the last one empty; then the
// daemon answers with a status and perhaps an error. Single-threaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/frame_stream.h"

namespace minibox::client {

class Upload {
 public:
  explicit Upload(FrameStream stream) : stream_(std::move(stream)) {}
  // A daemon that takes no more is no error yet: finish() tells what it has to say.
  void write(std::string_view bytes);
  bool refused() const { return refused_; }  // nothing more need be written
  std::string finish();                      // what the daemon answered: text, or an Error

 private:
  void send(std::string_view part);
  void take_frames();
  void look_for_answer();
  FrameStream stream_;
  std::string text_;
  std::string error_;
  std::optional<bool> succeeded_;  // none: the daemon has not answered yet
  bool refused_ = false;
};

}  // namespace minibox::client
