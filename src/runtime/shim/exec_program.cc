#include "runtime/shim/exec_program.h"

#include <sched.h>

#include "base/error.h"
#include "runtime/child/child_main.h"
#include "runtime/child/rlimits.h"
#include "runtime/shim/container.h"
#include "runtime/shim/host_settings.h"
#include "sys/file.h"

namespace minibox::runtime::shim {
namespace {

constexpr size_t kMaxSpec = 8u << 20;

std::uint64_t all_namespaces(const oci::RuntimeSpec& spec) {
  std::uint64_t flags = 0;
  for (const oci::Namespace& entry : spec.namespaces) flags |= namespace_flag(entry.type);
  return flags;
}

}  // namespace

oci::RuntimeSpec read_spec(const sys::Packet& packet) {
  if (packet.fds.size() < 2) throw Error(ErrorKind::kCorrupt, "shim protocol: an exec without its descriptors");
  return oci::RuntimeSpec::parse(sys::read_all(packet.fds[1], kMaxSpec, "the exec's spec"));
}

// Only the child enters the container: what stays here stays on the host, out of reach of anybody inside. The child is
// a member of the pid namespace, and of the cgroup, from its birth.
Program clone_program(const oci::RuntimeSpec& spec, sys::Fd container, StdioPair stdio,
                      std::shared_ptr<sys::Cgroup> group) {
  child::ChildState state;
  state.seccomp_program = read_seccomp_program(spec);
  state.namespaces = all_namespaces(spec);
  state.cgroups.push_back(sys::Cgroup::open(spec.cgroups_path));
  if (group) state.cgroups.push_back(std::move(group));
  const std::optional<sys::Fd> placement = state.cgroups.back()->placement();
  if ((state.namespaces & CLONE_NEWPID) != 0) sys::join_namespaces(container, CLONE_NEWPID);
  auto [mine, theirs] = sys::make_socket_pair();
  child::raise_hard_limits(spec);
  Program program;
  program.process = sys::clone_process({.flags = 0, .cgroup = placement ? &*placement : nullptr});
  if (!program.process.valid()) {
    mine.reset();
    state.channel = std::move(theirs);
    state.container = std::move(container);
    child::exec_main(spec, std::move(state), std::move(stdio.theirs));
  }
  set_oom_score(spec, program.process.pid());
  program.channel = std::move(mine);
  program.stdio = std::move(stdio.mine);
  return program;
}

}  // namespace minibox::runtime::shim
