// seccomp profiles in OCI JSON form (runtime-spec config-linux.md, "Seccomp"), compiled once by the daemon with
// libseccomp; the shim only loads the result.
#pragma once

#include <string>

namespace minibox::runtime {

// The profile that ships with MiniBox: an allow-list, default EPERM, clone3 ENOSYS, foreign architectures refused. In
// Docker's form, with rules that hold for some capabilities only: to be resolved (seccomp_resolve.h).
std::string default_seccomp_profile();

// OCI JSON, as resolve_seccomp() returns it -> array of struct sock_filter. Error kInvalid naming the member;
// kUnsupported for an unknown action or operator. Names that this libseccomp does not know are skipped, as Docker and
// Podman do: an allow-list stays as strict.
std::string compile_seccomp(const std::string& profile_json);

}  // namespace minibox::runtime
