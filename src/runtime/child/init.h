// PID 1 of the container: starts the program, forwards every signal to its process group, reaps orphans, ends as the
// program ends. When it ends the kernel kills whatever is left in the pid namespace (pid_namespaces(7)).
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "runtime/child/child_state.h"

namespace minibox::runtime::child {

// Exit code 127 when the file (or its interpreter) is not there, 126 when it can't be executed.
Error execve_error(const std::string& executable, int errno_value);

// Blocks all signals for run_init(). Throws execve_error().
pid_t start_program(const ChildState& state);
int run_init(pid_t program);  // the program's exit status

}  // namespace minibox::runtime::child
