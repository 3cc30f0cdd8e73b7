// The last step of the set-up: asks the kernel whether what the spec promises holds, and refuses to go on otherwise.
// The filter is on: plain system calls, no /proc, and nothing allocates unless it fails.
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "runtime/child/setup_steps.h"
#include "sys/capability.h"
#include "sys/mount.h"

namespace minibox::runtime::child {
namespace {

[[noreturn]] void broken(const char* promise) {
  throw Error(ErrorKind::kInternal, std::string("the confinement does not hold: ") + promise);
}

void verify_filter(const oci::RuntimeSpec& spec, const ChildState& state) {
  const bool wanted = !spec.seccomp_json.empty() || !state.seccomp_program.empty();
  if (wanted && ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER) broken("seccomp is not in filter mode");
  if (spec.process.no_new_privileges && ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
    broken("new privileges are not forbidden");
}

void verify_capabilities(const oci::Capabilities& asked) {
  const sys::CapabilitySets held = sys::current_capabilities();
  if (held.effective != sys::capability_mask(asked.effective)) broken("effective capabilities differ");
  if (held.permitted != sys::capability_mask(asked.permitted)) broken("permitted capabilities differ");
  if (held.inheritable != sys::capability_mask(asked.inheritable)) broken("inheritable capabilities differ");
  if (sys::current_bounding_set() != sys::capability_mask(asked.bounding)) broken("the bounding set differs");
  if (sys::current_ambient() != sys::capability_mask(asked.ambient)) broken("ambient capabilities differ");
}

void verify_ids(const oci::User& user) {
  uid_t uids[3];
  gid_t gids[3];
  if (::getresuid(&uids[0], &uids[1], &uids[2]) != 0 || ::getresgid(&gids[0], &gids[1], &gids[2]) != 0)
    throw Error::from_errno("getresuid()", errno);
  for (int i = 0; i < 3; ++i) {
    if (uids[i] != user.uid) broken("the user differs");
    if (gids[i] != user.gid) broken("the group differs");
  }
  if (::getgroups(0, nullptr) != static_cast<int>(user.additional_gids.size())) broken("supplementary groups differ");
}

// pivot_root(".", ".") stacks the old root upon the new one, where "/.." finds it until it is detached.
void verify_root(const ChildState& state) {
  if (!state.root_mount) return;
  const sys::Fd none;
  if (sys::mount_id(none, "/") != *state.root_mount || sys::mount_id(none, "/..") != *state.root_mount)
    broken("the old root is still in reach");
}

// The kernel gives the lowest free number: one that is too many is among the first.
void verify_descriptors(const sys::Fd& channel) {
  constexpr int kLooked = 64;
  for (int fd = 3; fd < kLooked; ++fd) {
    if (fd != channel.get() && ::fcntl(fd, F_GETFD) >= 0) broken("a descriptor of the set-up is open");
  }
}

}  // namespace

void verify_confinement(const oci::RuntimeSpec& spec, ChildState& state) {
  verify_filter(spec, state);
  verify_capabilities(spec.process.capabilities);
  verify_ids(spec.process.user);
  verify_root(state);
  verify_descriptors(state.channel);
}

}  // namespace minibox::runtime::child
