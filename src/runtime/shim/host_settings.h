// Settings of a container that only the host's privileges can make, made by the shim while the set-up waits: each is
// looked at only when the spec has it.
#pragma once

#include <sys/types.h>

#include "oci/runtime_spec.h"

namespace minibox::runtime::shim {

void set_oom_score(const oci::RuntimeSpec& spec, pid_t init);  // inherited by all that runs inside

// The caller is in the container's network namespace, `init` in its ipc namespace, which is entered and left again.
void set_sysctls(const oci::RuntimeSpec& spec, pid_t init);

}  // namespace minibox::runtime::shim
