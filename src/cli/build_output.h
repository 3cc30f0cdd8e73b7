// What `minibox build` shows of the daemon's log, whatever pieces it arrives in.
//
// Plain: every line. On a terminal: the running blocks at the bottom, each with its last line, which is written over;
// above them what is finished, and in the end the last lines of a block that failed.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/build_log.h"
#include "cli/build_options.h"
#include "cli/terminal.h"

namespace minibox::cli {

class BuildOutput {
 public:
  // `columns`: of the terminal, for kTty.
  BuildOutput(const Style& style, BuildProgress progress, size_t columns)
      : painter_(style), tty_(progress == BuildProgress::kTty), columns_(columns) {}

  std::string take(std::string_view bytes);  // what to write for them
  std::string finish();                      // an unterminated last line

  const std::string& report() const { return report_; }    // JSON of wire/build_report.h, or empty
  const std::string& failure() const { return failure_; }  // why the build failed, or empty

 private:
  struct Running {
    std::string name;
    std::deque<std::string> last_lines;
  };

  std::string take_line(const std::string& line);
  bool is_step_output(const std::string& line);
  std::string above_status(const std::string& text);
  std::string status();
  Running* find(std::string_view name);

  BuildLogPainter painter_;
  const bool tty_;
  const size_t columns_;
  std::string unfinished_;
  std::string report_;
  std::string failure_;
  std::vector<Running> running_;
  size_t status_lines_ = 0;  // on the terminal now
};

}  // namespace minibox::cli
