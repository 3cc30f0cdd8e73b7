#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "runtime/child/setup_steps.h"
#include "sys/capability.h"

namespace minibox::runtime::child {

void drop_bounding_set(const oci::RuntimeSpec& spec, ChildState&) {
  sys::drop_bounding_set(sys::capability_mask(spec.process.capabilities.bounding));
}

void set_capabilities(const oci::RuntimeSpec& spec, ChildState&) {
  const oci::Capabilities& sets = spec.process.capabilities;
  // For another user than root the effective and permitted sets are empty after execve whatever is set here, unless
  // ambient ones are asked for: the same as Docker.
  sys::set_capabilities({.effective = sys::capability_mask(sets.effective),
                         .permitted = sys::capability_mask(sets.permitted),
                         .inheritable = sys::capability_mask(sets.inheritable)});
  sys::set_ambient(sys::capability_mask(sets.ambient));
}

// Nobody inside may read or write our image through /proc/PID (CVE-2019-5736); execve ends this.
void stay_out_of_reach(const oci::RuntimeSpec&, ChildState&) {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_DUMPABLE)", errno);
}

// A dead shim must not leave an unsupervised container behind. Should it be dead already, Started can't be sent.
void end_with_shim(const oci::RuntimeSpec&, ChildState&) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_PDEATHSIG)", errno);
}

void set_no_new_privileges(const oci::RuntimeSpec& spec, ChildState&) {
  if (!spec.process.no_new_privileges) return;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_NO_NEW_PRIVS)", errno);
}

void close_other_descriptors(const oci::RuntimeSpec&, ChildState& state) {
  const auto channel = static_cast<unsigned>(state.channel.get());
  if (channel > 3 && ::close_range(3, channel - 1, 0) != 0) throw Error::from_errno("close_range()", errno);
  if (::close_range(channel + 1, ~0U, 0) != 0) throw Error::from_errno("close_range()", errno);
}

// What the shim and the set-up have left on the heap: there may be hundreds of inits, and their loop needs none.
void give_back_memory(const oci::RuntimeSpec&, ChildState&) {
  ::malloc_trim(0);
}

void load_seccomp_filter(const oci::RuntimeSpec& spec, ChildState& state) {
  if (spec.seccomp_json.empty() && state.seccomp_program.empty()) return;
  const size_t count = state.seccomp_program.size() / sizeof(sock_filter);
  if (count == 0 || count > BPF_MAXINSNS || state.seccomp_program.size() % sizeof(sock_filter) != 0) {
    throw Error(ErrorKind::kCorrupt,
                "the compiled seccomp filter has " + std::to_string(state.seccomp_program.size()) + " bytes");
  }
  const sock_fprog program{static_cast<unsigned short>(count),
                           reinterpret_cast<sock_filter*>(state.seccomp_program.data())};
  // SPEC_ALLOW: the speculation barriers would cost every system call of the container; Docker and crun do the same.
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) != 0) {
    throw Error::from_errno("seccomp(SECCOMP_SET_MODE_FILTER)", errno);
  }
}

}  // namespace minibox::runtime::child
