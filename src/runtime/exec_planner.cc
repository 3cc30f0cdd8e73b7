#include "runtime/exec_planner.h"

#include "runtime/launch_planner.h"

namespace minibox::runtime {

oci::RuntimeSpec plan_exec(oci::RuntimeSpec container, const wire::ExecRequest& request,
                           const std::optional<ExecUser>& user) {
  oci::RuntimeSpec spec = std::move(container);
  oci::Process& process = spec.process;
  process.args = request.command;
  process.terminal = request.tty;
  process.console_height = static_cast<unsigned>(request.rows);
  process.console_width = static_cast<unsigned>(request.columns);
  if (!request.workdir.empty()) process.cwd = request.workdir;
  if (user) {
    if (!spec.uid_mappings.empty()) check_ids(user->ids, spec.uid_mappings[0].size);
    process.user = user->ids;
    process.env = merge_env(std::move(process.env), {"HOME=" + user->home});
  }
  process.env = merge_env(std::move(process.env), request.env);
  spec.mounts.clear();
  spec.devices.clear();
  spec.masked_paths.clear();
  spec.readonly_paths.clear();
  // The compiled filter is what is loaded; without one the profile stays, and the shim refuses it.
  if (spec.annotations.contains(oci::kSeccompBpfAnnotation)) spec.seccomp_json.clear();
  return spec;
}

}  // namespace minibox::runtime
