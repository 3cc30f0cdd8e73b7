// The container's first process, from clone3 on: waits for the shim's Go, works through the set-up steps, starts the
// program and stays as the init (PID 1).
#pragma once

#include "runtime/child/child_state.h"

namespace minibox::runtime::child {

struct Stdio {  // invalid: a terminal's place, see open_terminal()
  sys::Fd in;
  sys::Fd out;
  sys::Fd err;
};

// Never returns; the exit status is the program's (128 + signal after a signal).
[[noreturn]] void child_main(const oci::RuntimeSpec& spec, ChildState state, Stdio stdio);

// The same for a program in a container that runs already: enters it, takes the steps that concern a process, and
// becomes the program. `state.container` and what belongs to it are set.
[[noreturn]] void exec_main(const oci::RuntimeSpec& spec, ChildState state, Stdio stdio);

}  // namespace minibox::runtime::child
