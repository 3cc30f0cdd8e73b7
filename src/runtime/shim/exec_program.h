// A program in a container that runs already, as its shim brings it in: what exec and probe share.
#pragma once

#include <memory>

#include "oci/runtime_spec.h"
#include "runtime/shim/stdio.h"
#include "sys/cgroup.h"
#include "sys/process.h"
#include "sys/seqpacket.h"

namespace minibox::runtime::shim {

// The program and the socket on which its set-up speaks.
struct Program {
  sys::Child process;
  sys::Fd channel;
  StdioEnds stdio;
};

// Of a packet with Exec or Probe; Error kCorrupt when its descriptors are not there.
oci::RuntimeSpec read_spec(const sys::Packet& packet);

// `container` is its init as a pidfd. The program is put into `group`, a subgroup of the container's cgroup, when one
// is given.
Program clone_program(const oci::RuntimeSpec& spec, sys::Fd container, StdioPair stdio,
                      std::shared_ptr<sys::Cgroup> group);

}  // namespace minibox::runtime::shim
