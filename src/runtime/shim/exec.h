// A program in a container that runs already: its shim's whole life. As a container's own shim, it is the program's
// parent, carries its streams, signals and end, and outlives the daemon; it has no bundle, no log and no record.
#pragma once

#include "runtime/shim/protocol.h"
#include "sys/seqpacket.h"

namespace minibox::runtime::shim {

int execute(const Message& request, sys::Packet packet, sys::Fd control);  // the process's exit status

}  // namespace minibox::runtime::shim
