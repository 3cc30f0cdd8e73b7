#include "cli/foreground.h"

#include <poll.h>

#include <cerrno>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "cli/forwarded_signals.h"
#include "cli/program_stream.h"
#include "cli/tables.h"

namespace minibox::cli {
namespace {

// Waits for the daemon's answer; -> the signal that came meanwhile.
std::optional<int> wait_for_answer(const client::PendingStream& pending, ForwardedSignals& signals) {
  std::optional<int> kept;
  for (;;) {
    pollfd waiting[] = {{pending.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0 && errno != EINTR) throw Error::from_errno("poll()", errno);
    if (const auto number = signals.next()) {
      if (kept) {
        throw Error(ErrorKind::kCancelled, "interrupted before the container had started")
            .with_exit_code(128 + *number);
      }
      kept = number;
    }
    if (waiting[0].revents != 0) return kept;
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

int run_in_foreground(client::Client& client, const wire::RunRequest& request, const wire::RegistryAuth& auth,
                      const Joint& joint, const Style& stderr_style) {
  Stopwatch watch;
  ForwardedSignals signals;
  client::PendingStream pending = client.run_foreground(request, auth);
  watch.lap("connect and send the request");
  const std::optional<int> kept = wait_for_answer(pending, signals);
  ProgramStream run(std::move(pending).finish().stream, signals, joint);
  watch.lap("wait until it has started (all steps above)");
  if (kept) run.hand_on(*kept);
  const int status = run.until_exit();
  watch.lap("run until its exit");
  if (request.timing) write_err(timing_table(watch.steps_with(run.steps()), stderr_style));
  return status;
}

int exec_in_foreground(client::Client& client, const wire::ExecRequest& request, const Joint& joint) {
  ForwardedSignals signals;
  client::PendingStream pending = client.exec(request);
  const std::optional<int> kept = wait_for_answer(pending, signals);
  ProgramStream program(std::move(pending).finish().stream, signals, joint);
  if (kept) program.hand_on(*kept);
  return program.until_exit();
}

namespace {

int join(client::PendingStream pending, ForwardedSignals& signals, Joint joint) {
  const std::optional<int> kept = wait_for_answer(pending, signals);
  client::PendingStream::Opened opened = std::move(pending).finish();
  joint.input = joint.input && opened.input;
  joint.terminal = opened.tty;
  check(joint);
  ProgramStream program(std::move(opened.stream), signals, joint);
  if (kept) program.hand_on(*kept);
  return program.until_exit();
}

}  // namespace

int attach_in_foreground(client::Client& client, const std::string& reference, Joint joint) {
  ForwardedSignals signals;
  return join(client.attach(reference), signals, std::move(joint));
}

int start_in_foreground(client::Client& client, const std::string& reference, Joint joint) {
  ForwardedSignals signals;
  return join(client.start_attached(reference), signals, std::move(joint));
}

}  // namespace minibox::cli
