#include "engine/engine.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine_state.h"
#include "engine/id_mapping_check.h"
#include "engine/layer_indexing.h"
#include "engine/lazy_image.h"
#include "engine/seccomp_choice.h"
#include "network/subnet.h"
#include "runtime/bundle.h"
#include "runtime/plan_capabilities.h"
#include "runtime/seccomp_profile.h"
#include "store/embedded/embedded_busybox.h"
#include "sys/capability.h"
#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/memory_file.h"

namespace minibox::engine {
namespace {

network::Config network_config(const Config& config) {
  network::Config network;
  with_context("MINIBOX_BRIDGE", [&] { network::check_bridge_name(config.bridge); });
  network.bridge = config.bridge;
  network.subnet = with_context("MINIBOX_SUBNET", [&] { return network::Subnet::parse(config.subnet); });
  const auto address = network::Ipv4::parse(config.publish_address);
  if (!address)
    throw Error(ErrorKind::kInvalid, "MINIBOX_PUBLISH_ADDR=" + quote(config.publish_address) + ": not an IPv4 address");
  network.publish_address = *address;
  return network;
}

constexpr size_t kReady = 4;
constexpr size_t kProbes = 128;  // on their way at a time: a shim each, of 400 kB

std::int64_t physical_memory() {
  return static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

runtime::LaunchPolicy make_policy(const Config& config, const store::DataRoot& data_root) {
  runtime::LaunchPolicy policy;
  policy.subuid_base = config.subuid_base;
  policy.subuid_count = config.subuid_count;
  policy.default_memory = config.default_memory_mb >= 0 ? config.default_memory_mb << 20 : physical_memory() / 5 * 4;
  policy.default_pids = config.default_pids;
  policy.log_limit = static_cast<std::uint64_t>(config.log_limit_mb) << 20;
  policy.cgroup_parent = config.cgroup_parent();
  policy.mount_cgroup = sys::exists("/sys/fs/cgroup/cgroup.controllers");
  policy.cpus = std::thread::hardware_concurrency();
  policy.seccomp = make_seccomp_filter(runtime::default_seccomp_profile(), runtime::default_capabilities(),
                                       data_root.path() + "/seccomp.bpf");
  policy.host_ids = config.host_ids;
  if (!policy.host_ids) check_id_mapping(data_root.path(), policy.subuid_base, policy.subuid_count);
  policy.can_lower_oom_score =
      (sys::current_capabilities().effective & sys::capability_mask({"CAP_SYS_RESOURCE"})) != 0;
  policy.has_io_weight = sys::Cgroup::has_io_weight();
  return policy;
}

namespace {

void unpack_again(const EngineState& state, const std::string& name) {
  try {
    if (const store::ImagePointer image = state.images.try_resolve(name)) state.images.ensure_unpacked(*image);
  } catch (const Error& error) {
    // One image must not keep the daemon from all the others; who uses it is told again.
    spdlog::warn("image {}: {}", quote(name), error.text());
  }
}

// What was not on the disk when the machine stopped is unpacked again here, for containers to start without waiting for
// it. What stays missing, or has no name any more, ensure_layers() unpacks when it is needed.
void unpack_lost_layers(EngineState& state) {
  const size_t lost = state.snapshots.settle_layers();
  if (lost == 0) return;
  spdlog::warn("{} layer(s) were not on the disk yet when the machine stopped: unpacking again", lost);
  for (const store::ImageEntry& entry : state.images.list()) unpack_again(state, entry.name);
}

}  // namespace

EngineState::EngineState(Config configuration)
    : config(std::move(configuration)),
      network_settings(network_config(config)),
      lock(config.data_root, config.bridge),
      data_root(store::DataRoot::open(config.data_root)),
      snapshots(data_root),
      lazy(data_root, snapshots, config.lazy, [this](sys::Child server) { retire(std::move(server)); }),
      images(data_root, snapshots),
      layer_cache(data_root, images.blobs()),
      build_caches(data_root),
      policy(make_policy(config, data_root)),
      network(network_settings, [](const std::string& text) { spdlog::warn("network: {}", text); }),
      shim_program(sys::make_memory_program(config.shim, sys::read_file(config.shim))),
      shims(
          kReady, [this] { return runtime::Shim::spawn(shim_program); }, [](runtime::Shim shim) { shim.end_unused(); }),
      bundles(
          kReady, [this] { return make_bundle(data_root, snapshots); },
          [](const Bundle& bundle) { sys::remove_tree(bundle.directory); }),
      volumes(data_root.volumes(), data_root.tmp()),
      probes(kProbes),
      monitor() {
  snapshots.sync_later(
      [this](std::function<void()> job) { syncing.post("write a layer to the disk", std::move(job)); });
  unpack_lost_layers(*this);
  lazy.on_put_off([this] { sweep_lazy_layers_later(*this); });
  images.name_indexes(config.index_layers);
  images.on_put_off([this] { background.post("remove unused layers", [this] { collect_garbage(*this); }); });
}

EngineState::~EngineState() {
  timer.stop();     // nothing is started any more
  pulls.stop();     // nor fetched
  indexing.stop();  // nor indexed
  probes.stop();    // no probe either; those on their way end with their connections
  monitor.stop();   // nor posted to the background, whose last jobs may still use the monitor
  background.drain();
  try {
    // Neither goes while a container runs.
    if (network.shutdown()) sys::Cgroup::open(config.cgroup_parent())->remove();
  } catch (const Error& error) {
    spdlog::warn("shutdown: {}", error.text());
  }
}

void EngineState::top_up() {
  shims.top_up();
  bundles.top_up();
  network.top_up();
}

void EngineState::retire(runtime::Shim shim) {
  if (shim.try_reap()) return;
  const auto kept = std::make_shared<runtime::Shim>(std::move(shim));
  monitor.watch(kept->process(), [kept] { kept->try_reap(); });
}

void EngineState::retire(sys::Child lazy_server) {
  // It outlives us: a child that is let go of would be killed.
  const auto let_go = [](sys::Child* server) {
    server->release();
    delete server;
  };
  const std::shared_ptr<sys::Child> kept(new sys::Child(std::move(lazy_server)), let_go);
  monitor.watch(kept->pidfd(), [this, kept] {
    const int status = kept->try_reap(true).value_or(0);
    if (status != 0) {
      spdlog::error(
          "minibox-lazy has ended with status {}: containers can't read what they have not read yet; "
          "restart them",
          status);
    }
    sweep_lazy_layers_later(*this);
  });
}

std::string namespace_path(const network::Attachment& attachment) {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(attachment.netns.get());
}

void save_record(EngineState&, Container& container, sys::Durability durability) {
  sys::replace_file(container.directory + "/" + runtime::kStateFile, container.record.print(), 0600, durability);
}

void save_record_later(EngineState& state, const ContainerPtr& container) {
  state.background.post("save container " + container->record.info.id, [&state, container] {
    const std::unique_lock lock(container->mutex);
    if (!container->removed) save_record(state, *container, sys::Durability::kSynced);
  });
}

Engine::Engine(const Config& config) : state_(std::make_unique<EngineState>(config)) {
  reconcile(*state_);
  resume_lazy_images(*state_);
  state_->images.ensure_embedded("busybox", store::embedded_busybox_image());
  if (config.bridge_on_startup) state_->network.warm_up();
  // Only now: reconcile would have taken ready-made bundles for what a crash left.
  state_->top_up();
  restart_with_daemon(*state_);
  index_all_later(*state_);
}

Engine::~Engine() = default;

}  // namespace minibox::engine
