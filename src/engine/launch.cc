// From a record to a running container: what run and start share.
#include <signal.h>

#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/signal_name.h"
#include "base/text.h"
#include "base/undo.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/host_devices.h"
#include "engine/image_lookup.h"
#include "engine/name_files.h"
#include "engine/seccomp_choice.h"
#include "engine/user_lookup.h"
#include "network/port_spec.h"
#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// Named, timed steps of the daemon's side for --timing.
class StepClock {
 public:
  template <typename Action>
  decltype(auto) time(const char* name, Action action) {
    struct Note {
      StepClock& clock;
      const char* name;
      std::int64_t start;
      ~Note() { clock.steps_.push_back({"daemon", name, monotonic_us() - start}); }
    } note{*this, name, monotonic_us()};
    return with_context(name, action);
  }
  // Without the brackets of the array: the shim appends its own.
  std::string json_fragment() const {
    const std::string array = wire::print_steps(steps_);
    return array.substr(1, array.size() - 2);
  }

 private:
  std::vector<wire::TimedStep> steps_;
};

void acquire_network(EngineState& state, Container& container, Undo& undo) {
  const wire::RunRequest& request = container.record.request;
  container.network = state.network.acquire(network::parse_network_kind(request.network));
  undo.push([&] { release_network(state, container); });
  container.record.info.ip = container.network->ip;
}

// Unpublished by release_network(), for which acquire_network() has registered.
void publish_ports(EngineState& state, Container& container) {
  const wire::RunRequest& request = container.record.request;
  const auto ports = network::parse_ports(request.ports, state.network.config().publish_address);
  // Resolved, so that an adopted container keeps its ports when the default address has changed meanwhile.
  container.record.info.ports.clear();
  for (const network::PublishedPort& port : ports) {
    const std::string host = std::to_string(port.host_port);
    container.record.info.ports[port.address.is_any() ? host : port.address.print() + ":" + host] =
        std::to_string(port.container_port);
  }
  state.network.publish(container.record.info.id, container.network->ip, ports);
}

void check_volumes(const wire::RunRequest& request) {
  for (const auto& [source, target] : request.volumes) {
    if (!source.starts_with("/"))
      throw Error(ErrorKind::kInvalid, "volume source " + quote(source) + " is not an absolute path");
    if (!sys::exists(source)) {
      throw Error(ErrorKind::kInvalid, "volume source " + quote(source) + " for " + quote(target) + " does not exist")
          .with_hint("make it first: mkdir -p " + quote(source));
    }
  }
}

std::string choose_stop_signal(const wire::RunRequest& request, const oci::ContainerDefaults& image) {
  if (!request.stop_signal.empty()) return request.stop_signal;
  if (image.stop_signal.empty() || parse_signal(image.stop_signal)) return image.stop_signal;
  throw Error(ErrorKind::kInvalid, "the image's StopSignal " + quote(image.stop_signal) + " is no signal")
      .with_hint("give another one: --stop-signal TERM");
}

// After the plan, which has checked the names. Kept when the container goes.
void make_named_volumes(EngineState& state, const wire::RunRequest& request) {
  for (const auto& [name, target] : request.named_volumes) state.volumes.create(name);
}

oci::RuntimeSpec plan(EngineState& state, const Container& container, const store::Image& image,
                      std::vector<oci::Mount> root) {
  runtime::LaunchInput input;
  const oci::ImageConfig& config = image.config;
  input.id = container.record.info.id;
  input.bundle = container.directory;
  input.request = container.record.request;
  input.image = {config.config.entrypoint, config.config.cmd, config.config.env, config.config.working_dir};
  if (const auto& entrypoint = input.request.entrypoint; !entrypoint.empty()) {
    input.image.entrypoint = entrypoint == std::vector<std::string>{""} ? std::vector<std::string>() : entrypoint;
    input.image.cmd.clear();
  }
  const ResolvedUser user = resolve_user(state, input.request.user.empty() ? config.config.user : input.request.user,
                                         container.record.layers);
  input.user = user.ids;
  input.home = user.home;
  input.root = std::move(root);
  input.network_namespace = namespace_path(*container.network);
  input.volumes_dir = state.data_root.volumes();
  input.devices = find_host_devices(input.request.devices);
  input.seccomp = choose_seccomp(input.request, container.directory);
  return runtime::plan_launch(input, state.policy);
}

}  // namespace

runtime::Shim take_shim(EngineState& state) {
  for (;;) {
    runtime::Shim shim = state.shims.acquire();
    if (shim.usable()) return shim;
    shim.end_unused();  // somebody has killed it while it waited
  }
}

void launch(EngineState& state, const ContainerPtr& container, Attachment* attachment) {
  StepClock clock;
  Undo undo;
  ContainerRecord& record = container->record;
  undo.push([&, before = record.info] {
    record.info = before;
    if (!container->shim) return;
    container->shim->signal(SIGKILL);
    container->shim.reset();
    clear_cgroup(state, record.info.id);  // of a shim that died, or was killed for taking too long
  });
  const store::ImagePointer image = clock.time("look up the image", [&] {
    ensure_layers(state, record);
    return image_of(state, record);
  });
  record.healthcheck = choose_health_check(image->config.config.healthcheck, record.request.healthcheck);
  record.stop_signal = choose_stop_signal(record.request, image->config.config);
  check_volumes(record.request);
  clock.time("take a network slot", [&] { acquire_network(state, *container, undo); });
  if (!record.request.ports.empty()) clock.time("publish ports", [&] { publish_ports(state, *container); });
  std::vector<oci::Mount> root =
      clock.time("resume the snapshot", [&] { return state.snapshots.resume(container->directory, record.layers); });
  const oci::RuntimeSpec spec =
      clock.time("plan the launch", [&] { return plan(state, *container, *image, std::move(root)); });
  make_named_volumes(state, record.request);
  record.info.command = spec.process.args;
  record.info.status = "created";
  clock.time("write the bundle", [&] {
    write_name_files(container->directory, {.ip = record.info.ip,
                                            .hostname = spec.hostname,
                                            .id = record.info.id,
                                            .extra_hosts = record.request.extra_hosts,
                                            .dns = record.request.dns});
    sys::write_file(container->directory + "/" + runtime::kConfigFile, spec.print());
    // Before anything runs: a daemon that finds the container later knows its address and command from here.
    save_record(state, *container);
  });

  runtime::Launch request;
  request.bundle = container->directory;
  request.timing = record.request.timing;
  request.input = record.request.interactive;
  if (attachment != nullptr) {
    request.client = std::move(attachment->connection);
    request.preamble = attachment->preamble;
    request.framed = attachment->framed;
  }
  container->shim = clock.time("take a shim", [&] { return take_shim(state); });
  request.daemon_steps = clock.json_fragment();
  const runtime::Started started = container->shim->launch(std::move(request));
  // Not before: who has stopped it has stopped it still when it can't be started.
  if (record.stopped) sys::remove_file(container->directory + "/" + runtime::kStoppedFile);
  watch_end(state, *container);
  undo.commit();

  container->life = std::stop_source();
  container->exit_code = std::make_shared<std::atomic<int>>(-1);
  record.stopped = false;
  record.info.pid = started.pid;
  mark_running(record.info);
  record.info.started_at = now_rfc3339();
  container->started_us = monotonic_us();
  begin_health(state, *container);
  container->show();
  // The record of before the launch is enough to find a container again by its shim's socket: for one that erases
  // itself, the end leaves nothing that a better one would serve.
  if (!record.request.remove) save_record_later(state, container);
  if (attachment == nullptr) state.background.post("top up", [&state] { state.top_up(); });
}

}  // namespace minibox::engine
