// What the container's set-up works on: the spec it obeys, the mounts the shim prepared, the channel to the shim.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oci/runtime_spec.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/root_dir.h"

namespace minibox::runtime::child {

struct ChildState {
  sys::Fd channel;                // SOCK_SEQPACKET to the shim, see shim/protocol.h
  std::vector<sys::Fd> prepared;  // detached mounts in the order of spec.mounts; invalid where the child mounts itself
  sys::Fd root;                   // the container's root mount, once attached
  std::optional<std::uint64_t> root_mount;  // its mount id: what "/" must be at the end of the set-up
  // To be joined: the container's, then, if there is one, the one inside it that is the program's own.
  std::vector<std::shared_ptr<sys::Cgroup>> cgroups;
  sys::Fd container;             // exec only: the container's init as a pidfd,
  std::uint64_t namespaces = 0;  // and the CLONE_NEW* of its namespaces
  std::string seccomp_program;   // raw struct sock_filter[], read by the shim (the file is out of reach from here)
  std::string executable;        // absolute path of process.args[0], found in PATH
  std::vector<char*> arguments;  // for execve, into the spec: made before the filter, after which nothing allocates
  std::vector<char*> environment;
  std::vector<std::pair<const char*, long>> step_times;  // name, microseconds
};

}  // namespace minibox::runtime::child
