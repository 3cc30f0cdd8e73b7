// The signals of a foreground run as a readable descriptor (signalfd): blocked for this process from now on.
#pragma once

#include <optional>

namespace minibox::cli {

class ForwardedSignals {
 public:
  ForwardedSignals();  // also ignores SIGPIPE, so that write(2) reports EPIPE
  ~ForwardedSignals();
  ForwardedSignals(const ForwardedSignals&) = delete;
  ForwardedSignals& operator=(const ForwardedSignals&) = delete;

  int fd() const { return fd_; }  // for poll(2)
  std::optional<int> next();      // the next pending signal, if any

 private:
  int fd_;
};

}  // namespace minibox::cli
