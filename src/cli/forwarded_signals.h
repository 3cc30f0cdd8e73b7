// The signals of a foreground run as a readable descriptor (signalfd): blocked for this process from now on.
#pragma once

#include <csignal>
#include <optional>

namespace minibox::cli {

class ForwardedSignals {
 public:
  ForwardedSignals();  // also ignores SIGPIPE, so that write(2) reports EPIPE
  ~ForwardedSignals();
  ForwardedSignals(const ForwardedSignals&) = delete;
  ForwardedSignals& operator=(const ForwardedSignals&) = delete;

  void add_terminal_signals();    // WINCH and CONT from now on too
  int fd() const { return fd_; }  // for poll(2)
  std::optional<int> next();      // the next pending signal, if any

 private:
  sigset_t set_{};
  int fd_ = -1;
};

}  // namespace minibox::cli
