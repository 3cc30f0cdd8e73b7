// Resource limits (getrlimit(2)) of the spec.
#pragma once

#include "oci/runtime_spec.h"

namespace minibox::runtime::child {

// The shim's own hard limits where the spec wants higher ones, for only it has the right to: the container inherits
// them and then sets its own. Error with a hint when it has no right either.
void raise_hard_limits(const oci::RuntimeSpec& spec);

}  // namespace minibox::runtime::child
