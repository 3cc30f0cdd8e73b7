#include <sys/mount.h>

#include "base/error.h"
#include "runtime/child/setup_steps.h"
#include "sys/mount.h"

namespace minibox::runtime::child {

void make_mounts_private(const oci::RuntimeSpec&, ChildState&) {
  sys::make_private_recursive();
}

void attach_root(const oci::RuntimeSpec& spec, ChildState& state) {
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    if (spec.mounts[i].destination != "/") continue;
    state.root = std::move(state.prepared[i]);
    // Over the host's "/" of this private namespace: the one directory that is always there and always reachable.
    sys::attach_at_root(state.root);
    return;
  }
  throw Error(ErrorKind::kInvalid, "config.json has no mount for '/'");
}

void pivot_root(const oci::RuntimeSpec&, ChildState& state) {
  sys::pivot_to(state.root);
}

void make_root_readonly(const oci::RuntimeSpec& spec, ChildState& state) {
  if (spec.root_readonly) sys::set_attributes(state.root, {.set = MOUNT_ATTR_RDONLY});
  state.root_mount = sys::mount_id(state.root, "");
  state.root.reset();
}

}  // namespace minibox::runtime::child
