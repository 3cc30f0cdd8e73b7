// THE LIST of what happens between clone3 and execve, in order. A step is one function of (spec, state) in the file of
// its concern; it decides nothing: decisions are in the spec. The runner names, times and reports each.
//
// An exec takes the steps of this same list that concern a process: a new one counts for both unless it says otherwise.
#pragma once

#include <span>

#include "runtime/child/child_state.h"

namespace minibox::runtime::child {

enum class Occasion { kAny, kLaunch, kExec };

struct SetupStep {
  const char* name;
  void (*run)(const oci::RuntimeSpec& spec, ChildState& state);
  Occasion occasion = Occasion::kAny;
};

std::span<const SetupStep> setup_steps();
// An Error carries the step's name.
void run_setup_steps(const oci::RuntimeSpec& spec, ChildState& state, Occasion occasion);

// Steps, by file.
void join_cgroup(const oci::RuntimeSpec& spec, ChildState& state);  // entry.cc
void enter_container(const oci::RuntimeSpec& spec, ChildState& state);
void become_root(const oci::RuntimeSpec& spec, ChildState& state);  // identity.cc
void switch_user(const oci::RuntimeSpec& spec, ChildState& state);
void make_mounts_private(const oci::RuntimeSpec& spec, ChildState& state);  // rootfs.cc
void attach_root(const oci::RuntimeSpec& spec, ChildState& state);
void pivot_root(const oci::RuntimeSpec& spec, ChildState& state);
void make_root_readonly(const oci::RuntimeSpec& spec, ChildState& state);
void enter_cgroup_namespace(const oci::RuntimeSpec& spec, ChildState& state);  // mounts.cc
void mount_file_systems(const oci::RuntimeSpec& spec, ChildState& state);
void mask_paths(const oci::RuntimeSpec& spec, ChildState& state);  // masks.cc
void make_paths_readonly(const oci::RuntimeSpec& spec, ChildState& state);
void set_hostname(const oci::RuntimeSpec& spec, ChildState& state);   // program.cc
void open_terminal(const oci::RuntimeSpec& spec, ChildState& state);  // terminal.cc
void bind_console(const oci::RuntimeSpec& spec, ChildState& state);
void set_rlimits(const oci::RuntimeSpec& spec, ChildState& state);  // rlimits.cc
void enter_working_directory(const oci::RuntimeSpec& spec, ChildState& state);
void find_program(const oci::RuntimeSpec& spec, ChildState& state);
void drop_bounding_set(const oci::RuntimeSpec& spec, ChildState& state);  // security.cc
void set_capabilities(const oci::RuntimeSpec& spec, ChildState& state);
void stay_out_of_reach(const oci::RuntimeSpec& spec, ChildState& state);
void end_with_shim(const oci::RuntimeSpec& spec, ChildState& state);
void set_no_new_privileges(const oci::RuntimeSpec& spec, ChildState& state);
void close_other_descriptors(const oci::RuntimeSpec& spec, ChildState& state);
void give_back_memory(const oci::RuntimeSpec& spec, ChildState& state);
void load_seccomp_filter(const oci::RuntimeSpec& spec, ChildState& state);
void verify_confinement(const oci::RuntimeSpec& spec, ChildState& state);  // verify.cc

}  // namespace minibox::runtime::child
