#include "engine/lazy_layers.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/undo.h"
#include "lazy/server_process.h"
#include "sys/file.h"
#include "sys/file_system.h"
#include "sys/mount.h"

namespace minibox::engine {
namespace {

constexpr std::chrono::seconds kPatience{2};  // with a server that says nothing

}  // namespace

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
  std::set<oci::Digest> once;  // an image may have a layer several times
  std::erase_if(config.layers, [&](const lazy::LayerConfig& layer) {
    return !once.insert(layer.diff_id).second || snapshots_.has(layer.diff_id) || is_mounted(layer);
  });
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
    const std::string path = root_.lazy_layer(layer.diff_id, layer.index);
    snapshots_.show_lazy(layer.diff_id, path);
    const std::lock_guard lock(mutex_);
    mounted_[layer.diff_id] = path;
  }
}

bool LazyLayers::is_mounted(const lazy::LayerConfig& layer) {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    const auto mounted = mounted_.find(layer.diff_id);
    if (mounted == mounted_.end()) return false;
    path = mounted->second;
  }
  if (!sys::is_served(path, kPatience)) {
    const std::lock_guard lock(mutex_);
    if (try_unmount(layer.diff_id)) return false;
  } else if (path == root_.lazy_layer(layer.diff_id, layer.index)) {
    return true;
  }
  throw Error(ErrorKind::kConflict,
              "layer " + layer.diff_id.short_hex() + " is in use as another image's index has it");
}

// Of a server that failed: some may be there, and some not.
void LazyLayers::remove_mounts(const lazy::Config& config) const {
  const std::vector<std::string> points = sys::mount_points_below(root_.lazy());
  for (const lazy::LayerConfig& layer : config.layers) {
    const std::string path = root_.lazy_layer(layer.diff_id, layer.index);
    if (std::find(points.begin(), points.end(), path) != points.end()) sys::unmount(path);
    sys::remove_tree(path);
  }
}

// Asks the servers, without a lock: one that hangs must not keep others from starting containers.
std::set<oci::Digest> LazyLayers::find_dead() {
  std::map<oci::Digest, std::string> layers;
  {
    const std::lock_guard lock(mutex_);
    layers = mounted_;
  }
  std::set<oci::Digest> dead;
  for (const auto& [diff_id, path] : layers) {
    if (!sys::is_served(path, kPatience)) dead.insert(diff_id);
  }
  return dead;
}

size_t LazyLayers::sweep(const InUse& in_use) {
  const std::set<oci::Digest> dead = find_dead();
  const std::lock_guard lock(mutex_);
  if (mounted_.empty()) return 0;
  put_off_ = uses_ > 0;
  if (put_off_) return 0;
  const std::set<oci::Digest> used = in_use();
  std::set<oci::Digest> stale;
  for (const auto& [diff_id, path] : mounted_) {
    if (snapshots_.has(diff_id) || dead.contains(diff_id) || !used.contains(diff_id)) stale.insert(diff_id);
  }
  return static_cast<size_t>(
      std::count_if(stale.begin(), stale.end(), [&](const oci::Digest& diff_id) { return try_unmount(diff_id); }));
}

// The caller holds mutex_. False, and logged, when it can't be done: then it is still there.
bool LazyLayers::try_unmount(const oci::Digest& diff_id) {
  const std::string path = mounted_.at(diff_id);
  try {
    sys::unmount(path);
  } catch (const Error& error) {
    spdlog::warn("lazy layer {}: {}", diff_id.short_hex(), error.text());
    return false;
  }
  snapshots_.hide_lazy(diff_id);
  mounted_.erase(diff_id);
  sys::remove_tree(path);
  return true;
}

void LazyLayers::adopt(const std::string& path) {
  const std::vector<std::string> parts = split(path.substr(root_.lazy().size() + 1), '-');
  const bool is_ours = parts.size() == 2 && oci::Digest::is_hex(parts[0]) && oci::Digest::is_hex(parts[1]);
  const oci::Digest diff_id = is_ours ? oci::Digest::from_hex(parts[0]) : oci::Digest();
  if (!is_ours || mounted_.contains(diff_id) || !sys::is_served(path, kPatience)) {
    sys::unmount(path);
    return sys::remove_tree(path);
  }
  snapshots_.show_lazy(diff_id, path);
  mounted_[diff_id] = path;
}

void LazyLayers::adopt() {
  const std::vector<std::string> points = sys::mount_points_below(root_.lazy());
  for (const std::string& point : points) {
    try {
      adopt(point);
    } catch (const Error& error) {
      spdlog::warn("{}: {}", point, error.text());
    }
  }
  for (const std::string& name : sys::list_dir(root_.lazy())) {
    const std::string path = root_.lazy() + "/" + name;
    if (std::find(points.begin(), points.end(), path) == points.end()) sys::remove_tree(path);
  }
}

}  // namespace minibox::engine
