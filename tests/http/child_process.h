// A program run to its end, or step by step, with its output caught.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "sys/fd.h"

namespace minibox::test {

struct Outcome {
  int status = -1;  // exit status, 128 + signal
  std::string out;
  std::string err;
};

class ChildProcess {
 public:
  // `environment` is all that the child gets. `stdout_fd` replaces the pipe when it is valid.
  ChildProcess(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
               const sys::Fd* stdout_fd = nullptr);
  ~ChildProcess();  // kills it when it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void send_signal(int number) const;
  sys::Fd& out() { return out_; }
  Outcome wait();  // reads both streams to their end

 private:
  pid_t pid_ = -1;
  sys::Fd out_;
  sys::Fd err_;
};

}  // namespace minibox::test
