// A probe of a health check, in a container that runs: its shim's whole life. As for an exec, the shim is the program's
// parent and stays on the host. Unlike an exec, the program has a cgroup of its own inside the container's, so that it
// can be ended with all that it has started, setsid and double forks included: when its time is up, when the daemon
// does not want to know any more, and at its own end, so that probes leave nothing behind.
#pragma once

#include "runtime/shim/protocol.h"
#include "sys/seqpacket.h"

namespace minibox::runtime::shim {

int probe(const Message& request, sys::Packet packet, sys::Fd control);  // the process's exit status

}  // namespace minibox::runtime::shim
