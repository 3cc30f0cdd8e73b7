// Plans a program in a container that runs already. Pure.
#pragma once

#include <optional>
#include <string>

#include "oci/runtime_spec.h"
#include "wire/exec_request.h"

namespace minibox::runtime {

struct ExecUser {
  oci::User ids;
  std::string home;
};

// From the container's config.json: its process with another command, what was added to its environment, and perhaps
// another user and directory; namespaces, cgroup and filter as they are. What only a launch needs is left out. HOME is
// that of `user` when one is given. Error kInvalid: id outside the container's.
oci::RuntimeSpec plan_exec(oci::RuntimeSpec container, const wire::ExecRequest& request,
                           const std::optional<ExecUser>& user);

}  // namespace minibox::runtime
