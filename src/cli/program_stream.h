// Our end of a program's stream (wire/stream_frame.h) joined to our own stdin, stdout and stderr. Single-threaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/detach_keys.h"
#include "cli/forwarded_signals.h"
#include "cli/raw_terminal.h"
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

// How our own streams are joined to the program's.
struct Joint {
  bool input = false;     // feed it our stdin
  bool terminal = false;  // it has a terminal: if we feed it, ours is raw, and has detach keys
  std::string detach_keys = kDefaultDetachKeys;
  bool proxy_signals = true;  // otherwise a signal only ends our part
};
void check(const Joint& joint);  // Error kInvalid when our stdin can't do this, or the keys are none

class ProgramStream {
 public:
  ProgramStream(client::FrameStream stream, ForwardedSignals& signals, const Joint& joint);

  void hand_on(int signal_number);  // to the program; the third INT or TERM kills it
  // -> exit status; 0 when the user has detached, 128 + the signal that made us leave. Error when the stream or an
  // output is lost.
  int until_exit();
  const std::vector<wire::TimedStep>& steps() const { return steps_; }

 private:
  void send(wire::Stream stream, std::string_view payload);
  void wait_and_serve();
  void forward(int signal_number);
  void take_signal(int number);
  void tell_size();
  void pass_input();
  void take_frames();
  void take(const client::Frame& frame);
  void pass_on(Output& output, std::string_view payload);

  client::FrameStream stream_;
  ForwardedSignals& signals_;
  bool input_open_;
  bool terminal_;
  bool proxy_signals_;
  std::optional<RawTerminal> raw_;
  DetachKeys keys_;
  size_t on_the_way_ = 0;  // bytes of input that the program has not taken yet
  Output stdout_{1};
  Output stderr_{2};
  std::vector<wire::TimedStep> steps_;
  bool out_of_memory_ = false;
  int end_signals_ = 0;
  std::optional<int> status_;
};

}  // namespace minibox::cli
