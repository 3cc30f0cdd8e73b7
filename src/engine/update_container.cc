// minibox update: new limits for the cgroup, the launch spec and the record; all of them or none.
#include "base/error.h"
#include "base/undo.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "oci/runtime_spec.h"
#include "runtime/bundle.h"
#include "runtime/launch_planner.h"
#include "runtime/shim/cgroup_limits.h"
#include "wire/update_request.h"

namespace minibox::engine {
namespace {

// The five that an update knows; the spec's other limits stay.
void set_resources(oci::Resources& resources, const oci::Resources& wanted) {
  resources.memory_limit = wanted.memory_limit;
  resources.memory_swap = wanted.memory_swap;
  resources.cpu_quota = wanted.cpu_quota;
  resources.cpu_period = wanted.cpu_period;
  resources.pids_limit = wanted.pids_limit;
}

void apply(EngineState& state, Container& container, const wire::RunRequest& request) {
  const std::string config = container.directory + "/" + runtime::kConfigFile;
  const std::string before = sys::read_file(config);
  oci::RuntimeSpec spec = oci::RuntimeSpec::parse(before);
  const oci::Resources old = spec.resources;
  set_resources(spec.resources, runtime::plan_resources(request, state.policy));
  Undo undo;
  try {
    if (container.running()) {
      const std::shared_ptr<sys::Cgroup> cgroup = cgroup_of(state, container.record.info.id);
      undo.push([cgroup, old] { cgroup->update(runtime::limits_of(old)); });
      cgroup->update(runtime::limits_of(spec.resources));
    }
    sys::replace_file(config, spec.print());  // whole or not at all
    undo.push([&] { sys::replace_file(config, before); });
    undo.push([&, request_before = container.record.request] { container.record.request = request_before; });
    container.record.request = request;
    save_record(state, container);
  } catch (Error& error) {
    undo.fail(error);
  }
  undo.commit();
}

}  // namespace

void check_cpus(const wire::RunRequest& request, const runtime::LaunchPolicy& policy) {
  if (request.cpus <= policy.cpus) return;
  const std::string count = std::to_string(policy.cpus);
  throw Error(ErrorKind::kInvalid,
              "range of CPUs is from 0.01 to " + count + ".00, as there are only " + count + " CPUs available");
}

void Engine::update(const std::string& reference, const wire::UpdateRequest& request) {
  const ContainerPtr container = state_->containers.find(reference);
  const std::unique_lock lock(container->mutex);
  if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + label_of(*container));
  with_context("cannot update container " + label_of(*container), [&] {
    const wire::RunRequest changed = request.applied_to(container->record.request);
    if (changed.cpus != container->record.request.cpus) check_cpus(changed, state_->policy);
    apply(*state_, *container, changed);
  });
}

}  // namespace minibox::engine
