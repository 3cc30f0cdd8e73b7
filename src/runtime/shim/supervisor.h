// The shim: waits for Launch (or Exec, see exec.h) on `control`, starts the container, then carries its output, signals
// and end until both the container and the duty to report it are over. Single-threaded; one poll loop. Survives the
// daemon.
#pragma once

#include "sys/fd.h"

namespace minibox::runtime::shim {

int supervise(sys::Fd control);  // the process's exit status

}  // namespace minibox::runtime::shim
