// Our end of a program's stream (wire/stream_frame.h) joined to our own stdin, stdout and stderr. Single-threaded.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/forwarded_signals.h"
#include "client/frame_stream.h"
#include "wire/timing.h"

namespace minibox::cli {

// One of our two output streams: passes on until writing fails.
class Output {
 public:
  explicit Output(int stream) : stream_(stream) {}
  int pass_on(std::string_view bytes);  // -> the errno of a write that failed just now
  bool is_damaged() const;              // and not by a reader that has left
  Error error() const;

 private:
  int stream_;
  int error_ = 0;
};

class ProgramStream {
 public:
  ProgramStream(client::FrameStream stream, ForwardedSignals& signals, bool input)
      : stream_(std::move(stream)), signals_(signals), input_open_(input) {}

  void forward(int signal_number);
  int until_exit();  // -> exit status; Error when the stream or an output is lost
  const std::vector<wire::TimedStep>& steps() const { return steps_; }

 private:
  void send(wire::Stream stream, std::string_view payload);
  void wait_and_serve();
  void pass_input();
  void take_frames();
  void take(const client::Frame& frame);
  void pass_on(Output& output, std::string_view payload);

  client::FrameStream stream_;
  ForwardedSignals& signals_;
  bool input_open_;
  size_t on_the_way_ = 0;  // bytes of input that the program has not taken yet
  Output stdout_{1};
  Output stderr_{2};
  std::vector<wire::TimedStep> steps_;
  std::optional<int> status_;
};

}  // namespace minibox::cli
