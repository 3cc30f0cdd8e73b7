// The options -i, -t and --detach-keys, which run and exec have in common.
#pragma once

#include "cli/options.h"
#include "cli/program_stream.h"

namespace minibox::cli {

inline void declare_joint(Options& options, Joint& joint) {
  options.flag("-i,--interactive", joint.input, "feed our stdin to it")
      .flag("-t,--tty", joint.terminal, "give it a terminal")
      .text("--detach-keys", "KEYS", joint.detach_keys, "leave it with these keys, it goes on (ctrl-p,ctrl-q)");
}

// Checks it (unless detached) and writes it into a request of run or exec.
template <typename Request>
void set_joint(Request& request, const Joint& joint) {
  request.interactive = joint.input;
  request.tty = joint.terminal;
  if (request.detached) return;
  check(joint);
  const auto size = joint.terminal ? terminal_size() : std::nullopt;
  if (!size) return;
  request.rows = size->rows;
  request.columns = size->columns;
}

}  // namespace minibox::cli
