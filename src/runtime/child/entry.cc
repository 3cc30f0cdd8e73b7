// How a process gets into the container.
#include <sched.h>

#include "base/error.h"
#include "runtime/child/setup_steps.h"
#include "sys/process.h"

namespace minibox::runtime::child {

// The v2 cgroup was entered by clone3.
void join_cgroup(const oci::RuntimeSpec&, ChildState& state) {
  for (const auto& cgroup : state.cgroups) cgroup->join();
  state.cgroups.clear();
}

// All at once, user namespace first (setns(2) with a pidfd): half-way in there is no state to get stuck in. Then every
// descriptor of the shim goes: a working directory or program of the container's choice may be "/proc/self/fd/7"
// (CVE-2024-21626).
void enter_container(const oci::RuntimeSpec& spec, ChildState& state) {
  sys::join_namespaces(state.container, state.namespaces & ~std::uint64_t{CLONE_NEWPID});
  state.container.reset();
  close_other_descriptors(spec, state);
}

}  // namespace minibox::runtime::child
