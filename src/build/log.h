// The log lines of a build. Scripts read them: their form is fixed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace minibox::build {

// Takes one whole line a call, without the line feed; called from several threads. Throwing cancels the build.
using LogSink = std::function<void(const std::string& line)>;

// Cuts the output of a build step into log lines, "[<block>] text"; a line that already begins with "[word] " is left
// as it is. One thread.
class StepOutput {
 public:
  StepOutput(const std::string& block, LogSink sink) : prefix_("[" + block + "] "), sink_(std::move(sink)) {}

  void write(std::string_view bytes);
  void finish();  // emits a last line that had no line feed

 private:
  void finish_line();

  std::string prefix_;
  LogSink sink_;
  std::string pending_;
};

}  // namespace minibox::build
