#include "cli/program_stream.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "cli/terminal.h"

namespace minibox::cli {

int Output::pass_on(std::string_view bytes) {
  if (error_ != 0) return 0;
  try {
    write_to(stream_, bytes);
  } catch (const Error& error) {
    error_ = error.errno_value();
  }
  return error_;
}

bool Output::is_damaged() const {
  return error_ != 0 && error_ != EPIPE;
}

Error Output::error() const {
  return Error::from_errno(stream_ == STDOUT_FILENO ? "write to stdout" : "write to stderr", error_);
}

void check(const Joint& joint) {
  if (joint.input && joint.terminal && ::isatty(STDIN_FILENO) != 1) {
    throw Error(ErrorKind::kInvalid, "the input device is not a TTY")
        .with_hint("leave out -t, or run it in a terminal");
  }
  with_context("--detach-keys", [&] { return DetachKeys(joint.detach_keys); });
}

ProgramStream::ProgramStream(client::FrameStream stream, ForwardedSignals& signals, const Joint& joint)
    : stream_(std::move(stream)),
      signals_(signals),
      input_open_(joint.input),
      terminal_(joint.terminal),
      proxy_signals_(joint.proxy_signals),
      keys_(joint.detach_keys) {
  if (!terminal_) return;
  if (joint.input) raw_.emplace();
  signals_.add_terminal_signals();
  tell_size();  // it may have changed since the request was made
}

void ProgramStream::send(wire::Stream stream, std::string_view payload) {
  try {
    stream_.send(stream, payload);
  } catch (const Error&) {
    // The shim has gone: the end of the stream, which is read next, says so.
    input_open_ = false;
  }
}

void ProgramStream::forward(int signal_number) {
  const char number = static_cast<char>(signal_number);
  send(wire::Stream::kSignal, std::string_view(&number, 1));
}

// Whoever presses Ctrl-C for the third time wants an end, whatever the program does with INT (as in Docker).
void ProgramStream::hand_on(int signal_number) {
  constexpr int kPatience = 3;
  const bool asks_to_end = signal_number == SIGINT || signal_number == SIGTERM;
  if (!asks_to_end || ++end_signals_ < kPatience) return forward(signal_number);
  write_err("minibox: asked to end for the third time: killing the container\n");
  forward(SIGKILL);
}

void ProgramStream::take_signal(int number) {
  if (number != SIGWINCH && number != SIGCONT) {
    if (proxy_signals_) return hand_on(number);
    status_ = 128 + number;
    return;
  }
  if (number == SIGCONT && raw_) raw_->set_raw();  // whoever had the terminal meanwhile has changed it
  tell_size();
}

void ProgramStream::tell_size() {
  if (const auto size = terminal_size())
    send(wire::Stream::kResize, wire::print_count(wire::terminal_size(size->rows, size->columns)));
}

int ProgramStream::until_exit() {
  take_frames();
  while (!status_ && !keys_.detached()) wait_and_serve();
  if (!status_) return 0;
  if (out_of_memory_) {
    write_err("minibox: the container ran out of memory, and the kernel killed a process of it (limit: run -m)\n");
  }
  for (const Output* output : {&stdout_, &stderr_}) {
    if (output->is_damaged()) throw output->error();
  }
  return *status_;
}

void ProgramStream::wait_and_serve() {
  const bool may_send = input_open_ && on_the_way_ < wire::kInputWindow;
  pollfd waiting[] = {{stream_.fd(), POLLIN, 0}, {signals_.fd(), POLLIN, 0}, {may_send ? STDIN_FILENO : -1, POLLIN, 0}};
  if (::poll(waiting, std::size(waiting), -1) < 0) {
    if (errno == EINTR) return;
    throw Error::from_errno("poll()", errno);
  }
  if (waiting[1].revents != 0) {
    while (const auto number = signals_.next()) take_signal(*number);
  }
  if (waiting[2].revents != 0) pass_input();
  if (waiting[0].revents == 0) return;
  if (!stream_.fill()) {
    throw Error(ErrorKind::kUnavailable, "the connection to the container was lost before it told its exit status")
        .with_hint("see what became of it with: minibox ps -a");
  }
  take_frames();
}

// An input that can't be read (closed, a terminal of somebody else) has ended.
void ProgramStream::pass_input() {
  char buffer[16 * 1024];
  const ssize_t got = ::read(STDIN_FILENO, buffer, std::min(sizeof buffer, wire::kInputWindow - on_the_way_));
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  input_open_ = got > 0;
  if (!input_open_) return send(wire::Stream::kStdin, {});
  std::string typed(buffer, static_cast<size_t>(got));
  if (raw_) typed = keys_.filter(typed);
  if (typed.empty()) return;  // an empty frame would be the end
  on_the_way_ += typed.size();
  send(wire::Stream::kStdin, typed);
}

void ProgramStream::take_frames() {
  while (const auto frame = stream_.next()) take(*frame);
}

void ProgramStream::take(const client::Frame& frame) {
  switch (frame.stream) {
    case wire::Stream::kStdout:
      return pass_on(stdout_, frame.payload);
    case wire::Stream::kStderr:
      return pass_on(stderr_, frame.payload);
    case wire::Stream::kTiming:
      steps_ = wire::parse_steps(std::string(frame.payload));
      return;
    case wire::Stream::kInputTaken:
      on_the_way_ -= std::min<size_t>(on_the_way_, wire::parse_count(frame.payload));
      return;
    case wire::Stream::kOutOfMemory:
      out_of_memory_ = true;
      return;
    case wire::Stream::kExitStatus:
      if (frame.payload.size() != 1) throw Error(ErrorKind::kUnavailable, "the container's stream is damaged");
      status_ = static_cast<unsigned char>(frame.payload[0]);
      return;
    default:
      return;  // a later protocol may say more
  }
}

void ProgramStream::pass_on(Output& output, std::string_view payload) {
  if (output.pass_on(payload) != EPIPE) return;
  if (!proxy_signals_) {
    status_ = 128 + SIGPIPE;
    return;
  }
  forward(SIGPIPE);
}

}  // namespace minibox::cli
