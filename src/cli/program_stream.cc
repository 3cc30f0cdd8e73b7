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

int ProgramStream::until_exit() {
  take_frames();
  while (!status_) wait_and_serve();
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
    while (const auto number = signals_.next()) forward(*number);
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
  const size_t size = got > 0 ? static_cast<size_t>(got) : 0;
  on_the_way_ += size;
  input_open_ = size > 0;
  send(wire::Stream::kStdin, std::string_view(buffer, size));
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
    case wire::Stream::kExitStatus:
      if (frame.payload.size() != 1) throw Error(ErrorKind::kUnavailable, "the container's stream is damaged");
      status_ = static_cast<unsigned char>(frame.payload[0]);
      return;
    default:
      return;  // a later protocol may say more
  }
}

void ProgramStream::pass_on(Output& output, std::string_view payload) {
  if (output.pass_on(payload) == EPIPE) forward(SIGPIPE);
}

}  // namespace minibox::cli
