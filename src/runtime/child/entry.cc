// How an exec gets from the host into a container that runs already.
#include <sched.h>
#include <unistd.h>

#include "base/error.h"
#include "runtime/child/setup_steps.h"
#include "sys/process.h"

namespace minibox::runtime::child {

void keep_only_stdio_and(const sys::Fd& channel) {
  const auto fd = static_cast<unsigned>(channel.get());
  if (fd > 3) ::close_range(3, fd - 1, 0);
  ::close_range(fd + 1, ~0U, 0);
}

// The v2 cgroup was entered by clone3.
void join_cgroup(const oci::RuntimeSpec&, ChildState& state) {
  state.cgroup->add(0);
  state.cgroup.reset();
}

// All at once, user namespace first (setns(2) with a pidfd): half-way in there is no state to get stuck in. Then every
// descriptor of the shim goes: a working directory or program of the container's choice may be "/proc/self/fd/7"
// (CVE-2024-21626).
void enter_container(const oci::RuntimeSpec&, ChildState& state) {
  sys::join_namespaces(state.container, state.namespaces & ~std::uint64_t{CLONE_NEWPID});
  state.container.reset();
  keep_only_stdio_and(state.channel);
}

}  // namespace minibox::runtime::child
