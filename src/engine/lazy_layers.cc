#include "engine/lazy_layers.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/undo.h"
#include "lazy/server_process.h"
#include "sys/file.h"
#include "sys/file_system.h"
#include "sys/mount.h"

namespace minibox::engine {

LazyLayers::LazyLayers(const store::DataRoot& root, store::OverlaySnapshotter& snapshots, std::string program,
                       std::function<void(sys::Child server)> retire)
    : root_(root), snapshots_(snapshots), program_(std::move(program)), retire_(std::move(retire)) {}

LazyLayers::Use::Use(LazyLayers& layers) : layers_(layers) {
  const std::lock_guard lock(layers_.mutex_);
  ++layers_.uses_;
}

LazyLayers::Use::~Use() {
  layers_.end_use();
}

void LazyLayers::end_use() {
  {
    const std::lock_guard lock(mutex_);
    // What was mounted to look into a container that does not run is needed no longer.
    put_off_ = put_off_ || !mounted_.empty();
    if (--uses_ > 0 || !std::exchange(put_off_, false)) return;
  }
  if (try_again_) try_again_();
}

void LazyLayers::mount(lazy::Config config) {
  const std::lock_guard one(mounting_);
  std::erase_if(config.layers, [&](const lazy::LayerConfig& layer) { return snapshots_.is_usable(layer.diff_id); });
  if (config.layers.empty()) return;
  config.data_root = root_.path();
  Undo undo;
  undo.push([&] { remove_mounts(config); });
  try {
    // What it has to say belongs to our log, also when we have gone.
    retire_(lazy::start_server(program_, config, sys::duplicate_stderr()));
  } catch (Error& error) {
    undo.fail(error);
  }
  undo.commit();
  for (const lazy::LayerConfig& layer : config.layers) {
    snapshots_.show_lazy(layer.diff_id);
    const std::lock_guard lock(mutex_);
    mounted_.insert(layer.diff_id);
  }
}

// Of a server that failed: some may be there, and some not.
void LazyLayers::remove_mounts(const lazy::Config& config) const {
  const std::vector<std::string> points = sys::mount_points_below(root_.lazy());
  for (const lazy::LayerConfig& layer : config.layers) {
    const std::string path = root_.lazy_layer(layer.diff_id);
    if (std::find(points.begin(), points.end(), path) != points.end()) sys::unmount(path);
    sys::remove_tree(path);
  }
}

// Asks the servers, without a lock: one that hangs must not keep others from starting containers.
std::set<oci::Digest> LazyLayers::find_dead() {
  std::set<oci::Digest> layers;
  {
    const std::lock_guard lock(mutex_);
    layers = mounted_;
  }
  std::erase_if(layers, [&](const oci::Digest& diff_id) { return sys::is_served(root_.lazy_layer(diff_id)); });
  return layers;
}

size_t LazyLayers::sweep(const InUse& in_use) {
  const std::set<oci::Digest> dead = find_dead();
  const std::lock_guard lock(mutex_);
  if (mounted_.empty()) return 0;
  put_off_ = uses_ > 0;
  if (put_off_) return 0;
  const std::set<oci::Digest> used = in_use();
  std::set<oci::Digest> stale;
  std::copy_if(mounted_.begin(), mounted_.end(), std::inserter(stale, stale.end()), [&](const oci::Digest& diff_id) {
    return snapshots_.has(diff_id) || dead.contains(diff_id) || !used.contains(diff_id);
  });
  for (const oci::Digest& diff_id : stale) unmount(diff_id);
  return stale.size();
}

void LazyLayers::unmount(const oci::Digest& diff_id) {
  snapshots_.hide_lazy(diff_id);
  mounted_.erase(diff_id);
  const std::string path = root_.lazy_layer(diff_id);
  with_context("lazy layer " + diff_id.short_hex(), [&] {
    sys::unmount(path);
    sys::remove_tree(path);
  });
}

void LazyLayers::adopt() {
  const std::vector<std::string> points = sys::mount_points_below(root_.lazy());
  for (const std::string& point : points) {
    const std::string name = point.substr(root_.lazy().size() + 1);
    if (!oci::Digest::is_hex(name)) continue;
    const oci::Digest diff_id = oci::Digest::from_hex(name);
    mounted_.insert(diff_id);
    if (sys::is_served(point)) snapshots_.show_lazy(diff_id);
  }
  for (const std::string& name : sys::list_dir(root_.lazy())) {
    const std::string path = root_.lazy() + "/" + name;
    if (std::find(points.begin(), points.end(), path) == points.end()) sys::remove_tree(path);
  }
}

}  // namespace minibox::engine
