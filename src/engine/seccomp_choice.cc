#include "engine/seccomp_choice.h"

#include "runtime/plan_capabilities.h"
#include "runtime/seccomp_profile.h"
#include "runtime/seccomp_resolve.h"
#include "sys/file.h"

namespace minibox::engine {

runtime::SeccompFilter make_seccomp_filter(const std::string& profile, const std::vector<std::string>& capabilities,
                                           const std::string& path) {
  runtime::SeccompFilter filter;
  filter.json = runtime::resolve_seccomp(profile, runtime::SeccompConditions::of_this_kernel(capabilities));
  filter.bpf = path;
  const std::string program = runtime::compile_seccomp(filter.json);
  // Not written again for nothing: a daemon must start on a full disk, too.
  if (sys::try_read_file(path) != program) sys::replace_file(path, program);
  return filter;
}

std::optional<runtime::SeccompFilter> choose_seccomp(const wire::RunRequest& request, const std::string& directory) {
  if (request.seccomp == "unconfined") return runtime::SeccompFilter{};
  if (request.seccomp.empty() && request.cap_add.empty() && request.cap_drop.empty()) return std::nullopt;
  const std::string profile = request.seccomp.empty() ? runtime::default_seccomp_profile() : request.seccomp;
  return make_seccomp_filter(profile, runtime::plan_capabilities(request), directory + "/seccomp.bpf");
}

}  // namespace minibox::engine
