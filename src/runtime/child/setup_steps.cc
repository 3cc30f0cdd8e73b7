#include "runtime/child/setup_steps.h"

#include <array>

#include "base/clock.h"
#include "base/error.h"

namespace minibox::runtime::child {
namespace {

constexpr std::array kSteps = {
    // Before the host's cgroup files are out of sight.
    SetupStep{"join the cgroup", join_cgroup},
    // Nothing of the host's file systems is in reach from here, not by descriptor either.
    SetupStep{"enter the container", enter_container, Occasion::kExec},
    // From here every id the kernel sees is one of the container's; the shim has written the maps.
    SetupStep{"become root of the user namespace", become_root},
    // Whatever hangs in what follows must not outlive the shim that is killed for it.
    SetupStep{"end with the shim", end_with_shim},
    // Before any mount: nothing may propagate to the host.
    SetupStep{"make mounts private", make_mounts_private, Occasion::kLaunch},
    SetupStep{"attach the root file system", attach_root, Occasion::kLaunch},
    // Before /sys/fs/cgroup is mounted, and after the shim has put us into our cgroup: it becomes the namespace's root.
    SetupStep{"enter the cgroup namespace", enter_cgroup_namespace, Occasion::kLaunch},
    // Before the pivot: the kernel lets a user namespace mount proc only while an unmasked one is in sight.
    SetupStep{"mount file systems", mount_file_systems, Occasion::kLaunch},
    SetupStep{"mask paths", mask_paths, Occasion::kLaunch},
    SetupStep{"make paths read-only", make_paths_readonly, Occasion::kLaunch},
    SetupStep{"pivot to the root file system", pivot_root, Occasion::kLaunch},
    // From here the host's files can't be named any more, and with its descriptors gone not reached by /proc/self/fd
    // either, which a working directory or program of the image's choice may name (CVE-2024-21626).
    SetupStep{"close other descriptors", close_other_descriptors, Occasion::kLaunch},
    SetupStep{"set the host name", set_hostname, Occasion::kLaunch},
    // As root: the user may not own it yet.
    SetupStep{"open the terminal", open_terminal},
    SetupStep{"bind the console", bind_console, Occasion::kLaunch},
    SetupStep{"enter the working directory", enter_working_directory},
    // After all that the set-up itself writes.
    SetupStep{"make the root read-only", make_root_readonly, Occasion::kLaunch},
    SetupStep{"find the program", find_program},
    SetupStep{"set resource limits", set_rlimits},
    // Needs CAP_SETPCAP, so before the sets shrink.
    SetupStep{"drop the bounding set", drop_bounding_set},
    // Groups first: setgroups needs CAP_SETGID, which leaves with the uid.
    SetupStep{"switch to the user", switch_user},
    SetupStep{"set capabilities", set_capabilities},
    // After the last change of ids, which may have made us dumpable (fs.suid_dumpable, proc(5)).
    SetupStep{"stay out of reach", stay_out_of_reach},
    // Again, after the last change of ids and capabilities, each of which clears it (prctl(2)).
    SetupStep{"end with the shim", end_with_shim},
    // Before seccomp: without it the filter would need CAP_SYS_ADMIN, and a setuid program could shake off its meaning.
    SetupStep{"forbid new privileges", set_no_new_privileges},
    // What the steps since have left (a terminal's); from here no new ones.
    SetupStep{"close other descriptors", close_other_descriptors},
    // Before the profile, which may not allow it.
    SetupStep{"give back memory", give_back_memory, Occasion::kLaunch},
    // From here only calls that the profile allows.
    SetupStep{"load the seccomp filter", load_seccomp_filter},
    SetupStep{"verify the confinement", verify_confinement},
};

}  // namespace

std::span<const SetupStep> setup_steps() {
  return kSteps;
}

void run_setup_steps(const oci::RuntimeSpec& spec, ChildState& state, Occasion occasion) {
  state.step_times.reserve(kSteps.size() + 1);  // nothing allocates after the filter is on
  for (const SetupStep& step : kSteps) {
    if (step.occasion != Occasion::kAny && step.occasion != occasion) continue;
    const std::int64_t start = monotonic_us();
    try {
      step.run(spec, state);
    } catch (Error& error) {
      error.add_context(step.name);
      throw;
    }
    state.step_times.emplace_back(step.name, monotonic_us() - start);
  }
}

}  // namespace minibox::runtime::child
