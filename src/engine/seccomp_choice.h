// Which seccomp filter a container gets, where it is not the policy's own.
#pragma once

#include <optional>
#include <string>

#include "runtime/launch_planner.h"

namespace minibox::engine {

// Empty: the policy's, made once at start. Otherwise the request's profile, or the built-in one for other capabilities
// than the default ones, compiled into `directory`. Error kInvalid or kUnsupported: a profile that can't be compiled.
std::optional<runtime::SeccompFilter> choose_seccomp(const wire::RunRequest& request, const std::string& directory);

// `profile`, resolved for these capabilities and compiled to the file `path`.
runtime::SeccompFilter make_seccomp_filter(const std::string& profile, const std::vector<std::string>& capabilities,
                                           const std::string& path);

}  // namespace minibox::engine
