#include "cli/foreground_run.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "cli/command_line.h"
#include "cli/forwarded_signals.h"
#include "cli/tables.h"

namespace minibox::cli {
namespace {

struct Ready {
  bool stream = false;
  bool signals = false;
};

Ready wait_for_either(int stream, int signals) {
  pollfd waiting[2] = {{stream, POLLIN, 0}, {signals, POLLIN, 0}};
  while (::poll(waiting, 2, -1) < 0) {
    if (errno != EINTR) throw Error::from_errno("poll()", errno);
  }
  return {waiting[0].revents != 0, waiting[1].revents != 0};
}

// One of our two output streams: passes on until writing fails.
class Output {
 public:
  explicit Output(int stream) : stream_(stream) {}

  // The errno of a write that failed just now.
  int pass_on(std::string_view bytes) {
    if (error_ != 0) return 0;
    try {
      write_to(stream_, bytes);
    } catch (const Error& error) {
      error_ = error.errno_value();
    }
    return error_;
  }
  bool is_damaged() const { return error_ != 0 && error_ != EPIPE; }
  Error error() const {
    return Error::from_errno(stream_ == STDOUT_FILENO ? "write to stdout" : "write to stderr", error_);
  }

 private:
  int stream_;
  int error_ = 0;
};

class ForegroundRun {
 public:
  ForegroundRun(client::FrameStream stream, ForwardedSignals& signals)
      : stream_(std::move(stream)), signals_(signals) {}

  // Whoever presses Ctrl-C for the third time wants an end, whatever the program does with INT (as in Docker).
  void hand_on(int signal_number) {
    constexpr int kPatience = 3;
    const bool asks_to_end = signal_number == SIGINT || signal_number == SIGTERM;
    if (!asks_to_end || ++end_signals_ < kPatience) return forward(signal_number);
    write_err("minibox: asked to end for the third time: killing the container\n");
    forward(SIGKILL);
  }

  void forward(int signal_number) {
    try {
      stream_.send_signal(signal_number);
    } catch (const Error&) {
      // The shim has gone: the end of the stream, which is read next, says so.
    }
  }

  int until_exit() {
    take_frames();
    while (!status_) {
      const Ready ready = wait_for_either(stream_.fd(), signals_.fd());
      if (ready.signals) {
        while (const auto number = signals_.next()) hand_on(*number);
      }
      if (ready.stream && !stream_.fill()) {
        throw Error(ErrorKind::kUnavailable, "the connection to the container was lost before it told its exit status")
            .with_hint("see what became of it with: minibox ps -a");
      }
      take_frames();
    }
    if (out_of_memory_) {
      write_err("minibox: the container ran out of memory, and the kernel killed a process of it (limit: run -m)\n");
    }
    for (const Output* output : {&stdout_, &stderr_}) {
      if (output->is_damaged()) throw output->error();
    }
    return *status_;
  }

  const std::vector<wire::TimedStep>& steps() const { return steps_; }

 private:
  void take_frames() {
    while (const auto frame = stream_.next()) take(*frame);
  }

  void take(const client::Frame& frame) {
    switch (frame.stream) {
      case wire::Stream::kStdout:
        return pass_on(stdout_, frame.payload);
      case wire::Stream::kStderr:
        return pass_on(stderr_, frame.payload);
      case wire::Stream::kTiming:
        steps_ = wire::parse_steps(std::string(frame.payload));
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

  void pass_on(Output& output, std::string_view payload) {
    if (output.pass_on(payload) == EPIPE) forward(SIGPIPE);
  }

  client::FrameStream stream_;
  ForwardedSignals& signals_;
  Output stdout_{STDOUT_FILENO};
  Output stderr_{STDERR_FILENO};
  std::vector<wire::TimedStep> steps_;
  bool out_of_memory_ = false;
  int end_signals_ = 0;
  std::optional<int> status_;
};

// Waits for the daemon's answer; -> the signal that came meanwhile.
std::optional<int> wait_for_answer(const client::PendingRun& pending, ForwardedSignals& signals) {
  std::optional<int> kept;
  for (;;) {
    const Ready ready = wait_for_either(pending.fd(), signals.fd());
    if (const auto number = ready.signals ? signals.next() : std::nullopt) {
      if (kept) {
        throw Error(ErrorKind::kCancelled, "interrupted before the container had started")
            .with_exit_code(128 + *number);
      }
      kept = number;
    }
    if (ready.stream) return kept;
  }
}

// The client's own steps around those that the daemon, the shim and the container reported.
class Stopwatch {
 public:
  void lap(const char* name) {
    const std::int64_t now = monotonic_us();
    laps_.push_back({"client", name, now - last_});
    last_ = now;
  }
  std::vector<wire::TimedStep> steps_with(const std::vector<wire::TimedStep>& others) const {
    std::vector<wire::TimedStep> all = laps_;
    all.insert(all.begin() + 1, others.begin(), others.end());
    all.push_back({"client", "total", last_ - begin_});
    return all;
  }

 private:
  std::int64_t begin_ = monotonic_us();
  std::int64_t last_ = begin_;
  std::vector<wire::TimedStep> laps_;
};

}  // namespace

int run_in_foreground(client::Client& client, const wire::RunRequest& request, const Style& stderr_style) {
  Stopwatch watch;
  ForwardedSignals signals;
  client::PendingRun pending = client.run_foreground(request);
  watch.lap("connect and send the request");
  const std::optional<int> kept = wait_for_answer(pending, signals);
  ForegroundRun run(std::move(pending).finish(), signals);
  watch.lap("wait until it has started (all steps above)");
  if (kept) run.hand_on(*kept);
  const int status = run.until_exit();
  watch.lap("run until its exit");
  if (request.timing) write_err(timing_table(watch.steps_with(run.steps()), stderr_style));
  return status;
}

}  // namespace minibox::cli
