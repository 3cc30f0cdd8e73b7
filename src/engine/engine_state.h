// Everything the use cases share. Built once by Engine's maker; the members' order is their order of construction, and
// the reverse is their end: the monitor and the background thread end before what they work on.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/ready_pool.h"
#include "engine/background.h"
#include "engine/build_caches.h"
#include "engine/bundle.h"
#include "engine/config.h"
#include "engine/container.h"
#include "engine/instance_lock.h"
#include "engine/lazy_layers.h"
#include "engine/probe_lane.h"
#include "engine/quiet_lane.h"
#include "engine/shim_monitor.h"
#include "engine/timer.h"
#include "engine/volume_table.h"
#include "network/network.h"
#include "registry/download_table.h"
#include "runtime/launch_planner.h"
#include "runtime/shim_client.h"
#include "store/data_root.h"
#include "store/image_store.h"
#include "store/layer_cache.h"
#include "store/overlay_snapshotter.h"
#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/process_dir.h"

namespace minibox::engine {

struct EngineState {
  explicit EngineState(Config configuration);
  ~EngineState();

  void top_up();  // makes ready what starts have taken
  // For a shim that nobody needs to speak to any more; it is reaped when it ends.
  void retire(runtime::Shim shim);
  void retire(sys::Child lazy_server);  // the same for one of LazyLayers

  Config config;
  network::Config network_settings;  // checked before anything is touched
  InstanceLock lock;
  store::DataRoot data_root;
  store::OverlaySnapshotter snapshots;
  LazyLayers lazy;
  store::ImageStore images;
  store::LayerCache layer_cache;
  registry::DownloadTable downloads;
  BuildCaches build_caches;
  runtime::LaunchPolicy policy;
  network::Network network;
  sys::Fd shim_program;
  // Ready-made, so that no start waits for posix_spawn, or for ext4 to make a dozen files.
  ReadyPool<runtime::Shim> shims;
  ReadyPool<Bundle> bundles;
  ContainerTable containers;
  VolumeTable volumes;
  Background background;
  Background syncing;  // beside it: a slow disk must not hold up the rest
  QuietLane pulls;     // of images that run already
  QuietLane indexing;  // of layers (layer_indexing.h)
  Timer timer;
  ProbeLane probes;
  ShimMonitor monitor;
};

// Makes the policy of every launch: id range, default limits, the compiled seccomp filter under the data root.
runtime::LaunchPolicy make_policy(const Config& config, const store::DataRoot& data_root);

runtime::Shim take_shim(EngineState& state);  // a ready-made one that is alive

// Writes state.json: at once, or later on the background thread (rename over a file is dear, machine costs in
// docs/benchmarks.md).
void save_record(EngineState& state, Container& container, sys::Durability durability = sys::Durability::kNone);
void save_record_later(EngineState& state, const ContainerPtr& container);

// The network namespace as a path that the shim can open: this daemon holds it by descriptor, no file system shows it.
std::string namespace_path(const network::Attachment& attachment);

enum class StopResult;

// update_container.cc: kInvalid for more processor time than this host has.
void check_cpus(const wire::RunRequest& request, const runtime::LaunchPolicy& policy);

// launch.cc: the part of run and start after the record exists. The caller holds container->mutex.
struct Attachment;
void launch(EngineState& state, const ContainerPtr& container, Attachment* attachment);

// container_end.cc: the monitor's handler, and the wait for it.
void watch_end(EngineState& state, const Container& container);
void on_shim_event(EngineState& state, const std::string& id);
bool wait_for_end(Container& container, std::unique_lock<std::mutex>& lock, std::chrono::milliseconds deadline);
void release_network(EngineState& state, Container& container);
void mark_running(wire::ContainerInfo& info);  // the former life's end stays in the record until then
void mark_ended(Container& container, const runtime::Exited& exited);  // in the record
// Waits until nothing of an ended container is left in the kernel, and lets its shim go.
void release_shim(EngineState& state, Container& container);

// stop_container.cc: the caller holds container->mutex by `lock`.
std::string label_of(const wire::ContainerInfo& info);  // its name or id, quoted
inline std::string label_of(const Container& container) {
  return label_of(container.record.info);
}
[[noreturn]] void refuse_stopped(const wire::ContainerInfo& info);  // kConflict: it does not run
void require_running(const Container& container);                   // kConflict
// kTimeout when it does not end.
void kill_and_wait(EngineState& state, Container& container, std::unique_lock<std::mutex>& lock);
StopResult stop_and_wait(EngineState& state, const ContainerPtr& container, std::unique_lock<std::mutex>& lock,
                         int seconds);
// Detached unless there is an attachment.
void start_again(EngineState& state, const ContainerPtr& container, Attachment* attachment = nullptr);
// restart_container.cc: the restart policy. The caller holds container->mutex, except of restart_with_daemon.
bool wants_restart(const Container& container);  // of one that has ended
// Before the signal: a daemon that dies before the end is recorded must not start it again. What can't be written is
// logged: the container ends all the same.
void mark_stopped(Container& container);
void schedule_restart(EngineState& state, const ContainerPtr& container);
bool cancel_restart(Container& container);  // false when none was under way
void restart_with_daemon(EngineState& state);

// pause_container.cc: lets a paused container go on, so that it can see a signal.
void thaw_if_paused(EngineState& state, Container& container);

// health_checks.cc: the caller holds container->mutex.
// Of a container that runs from now on, whether or not its checks can: that is logged, and it has no health.
void begin_health(EngineState& state, Container& container) noexcept;
void end_health(const Container& container);
void suspend_health(const Container& container);  // returns when no probe runs
void resume_health(EngineState& state, const Container& container);

// container_stats.cc: for those who look at a running container without holding it.
void require_shown_running(const wire::ContainerInfo& info);  // kConflict
// The container's PID 1; empty when it has ended.
std::optional<sys::ProcessDir> open_init(const EngineState& state, const wire::ContainerInfo& info);

// remove_container.cc: forgets a container that does not run; its files go in the background.
void forget(EngineState& state, const ContainerPtr& container);

// images.cc: removes what no image, container or cache record needs; put off while a build or a start is at work.
void collect_garbage(EngineState& state);
store::ImageStore::Keep used_by_containers(EngineState& state);
store::ImageStore::Keep in_use(EngineState& state);  // by containers and the build cache

// How a container ended that has no shim any more: exit.json, or an unknown status when the shim was killed too.
runtime::Exited read_exit(const std::string& directory);
std::string cgroup_path(const EngineState& state, const std::string& id);
std::unique_ptr<sys::Cgroup> cgroup_of(const EngineState& state, const std::string& id);
// Ends and removes whatever still runs in a container's cgroup.
void clear_cgroup(const EngineState& state, const std::string& id);

// reconcile.cc: at start, before anything is served.
void reconcile(EngineState& state);

}  // namespace minibox::engine
