// Everything the use cases share. Built once by Engine's maker; the members' order is their order of construction, and
// the reverse is their end: the monitor and the background thread end before what they work on.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/ready_pool.h"
#include "engine/background.h"
#include "engine/bundle.h"
#include "engine/config.h"
#include "engine/container.h"
#include "engine/instance_lock.h"
#include "engine/shim_monitor.h"
#include "network/network.h"
#include "runtime/launch_planner.h"
#include "runtime/shim_client.h"
#include "store/data_root.h"
#include "store/image_store.h"
#include "store/layer_cache.h"
#include "store/overlay_snapshotter.h"
#include "sys/file.h"

namespace minibox::engine {

struct EngineState {
  explicit EngineState(Config configuration);
  ~EngineState();

  void top_up();  // makes ready what starts have taken
  // For a shim that nobody needs to speak to any more; it is reaped when it ends.
  void retire(runtime::Shim shim);

  Config config;
  network::Config network_settings;  // checked before anything is touched
  InstanceLock lock;
  store::DataRoot data_root;
  store::OverlaySnapshotter snapshots;
  store::ImageStore images;
  store::LayerCache layer_cache;
  runtime::LaunchPolicy policy;
  network::Network network;
  sys::Fd shim_program;
  // Ready-made, so that no start waits for posix_spawn, or for ext4 to make a dozen files.
  ReadyPool<runtime::Shim> shims;
  ReadyPool<Bundle> bundles;
  ContainerTable containers;
  Background background;
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

// launch.cc: the part of run and start after the record exists. The caller holds container->mutex.
struct Attachment;
void launch(EngineState& state, const ContainerPtr& container, Attachment* attachment);

// container_end.cc: the monitor's handler, and the wait for it.
void watch_end(EngineState& state, const Container& container);
void on_shim_event(EngineState& state, const std::string& id);
bool wait_for_end(Container& container, std::unique_lock<std::mutex>& lock, std::chrono::milliseconds deadline);
void release_network(EngineState& state, Container& container);
void kill_and_wait(Container& container, std::unique_lock<std::mutex>& lock);  // kTimeout when it does not end

// remove_container.cc: forgets a container that does not run; its files go in the background.
void forget(EngineState& state, const ContainerPtr& container);

// How a container ended that has no shim any more: exit.json, or an unknown status when the shim was killed too.
runtime::Exited read_exit(const std::string& directory);
// Ends and removes whatever still runs in a container's cgroup.
void clear_cgroup(const EngineState& state, const std::string& id);

// reconcile.cc: at start, before anything is served.
void reconcile(EngineState& state);

}  // namespace minibox::engine
