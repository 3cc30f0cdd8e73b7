// The standard streams of a program between itself and its shim.
#pragma once

#include "runtime/child/child_main.h"
#include "sys/fd.h"

namespace minibox::runtime::shim {

// The shim's ends.
struct StdioEnds {
  sys::Fd in;   // write end of the program's stdin; invalid: it has /dev/null
  sys::Fd out;  // read ends
  sys::Fd err;
  bool terminal = false;  // then `out` is its master, both ways, and there is nothing else
};

struct StdioPair {
  StdioEnds mine;
  child::Stdio theirs;
};

StdioPair make_pipes(bool input);  // without input stdin is /dev/null
StdioPair make_joint_pipe();       // stdout and stderr in one, `mine.out`, in the order of their writing
StdioPair make_nothing();          // /dev/null for all three
StdioPair await_terminal();        // the set-up opens it inside; `mine.out` comes with kTerminal

}  // namespace minibox::runtime::shim
