#include "store/overlay_snapshotter.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/id.h"
#include "sys/attributes.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/file_system.h"
#include "sys/sync.h"

namespace minibox::store {
namespace {

// On the top directory of a layer that may not be on the disk yet: the boot in which it was made.
constexpr char kUnsyncedXattr[] = "trusted.minibox.unsynced";

std::string upper_of(const std::string& directory) {
  return directory + "/upper";
}
std::string work_of(const std::string& directory) {
  return directory + "/work";
}

}  // namespace

OverlaySnapshotter::LayerRootPointer OverlaySnapshotter::find_layer(const oci::Digest& diff_id) const {
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(diff_id); known != known_.end()) return known->second;
  const auto dir = sys::try_open(root_.extracted_layer(diff_id), O_RDONLY | O_DIRECTORY);
  if (!dir) return nullptr;
  return known_.emplace(diff_id, read_root(*dir, root_.extracted_layer(diff_id))).first->second;
}

OverlaySnapshotter::LayerRootPointer OverlaySnapshotter::read_root(const sys::Fd& dir, const std::string& path) {
  auto root = std::make_shared<LayerRoot>();
  root->directory = path;
  root->opaque = sys::try_get_xattr(dir, kOpaqueXattr).value_or("") == "y";
  root->info = sys::stat_of(dir);
  root->xattrs = stored_xattrs(dir);
  return root;
}

OverlaySnapshotter::LayerRootPointer OverlaySnapshotter::find_lazy(const oci::Digest& diff_id) const {
  const std::lock_guard lock(mutex_);
  const auto shown = lazy_.find(diff_id);
  return shown == lazy_.end() ? nullptr : shown->second;
}

void OverlaySnapshotter::show_lazy(const oci::Digest& diff_id, const std::string& path) {
  LayerRootPointer root = read_root(sys::open_dir(path), path);
  const std::lock_guard lock(mutex_);
  lazy_.insert_or_assign(diff_id, std::move(root));
}

void OverlaySnapshotter::hide_lazy(const oci::Digest& diff_id) {
  const std::lock_guard lock(mutex_);
  lazy_.erase(diff_id);
}

OverlaySnapshotter::LayerRootPointer OverlaySnapshotter::require_layer(const oci::Digest& diff_id) const {
  LayerRootPointer layer = find_layer(diff_id);
  if (!layer) layer = find_lazy(diff_id);
  if (!layer) throw Error(ErrorKind::kNotFound, "layer " + diff_id.short_hex() + " is not unpacked");
  return layer;
}

bool OverlaySnapshotter::has(const oci::Digest& diff_id) const {
  return find_layer(diff_id) != nullptr;
}

std::vector<std::string> OverlaySnapshotter::lower_directories(const std::vector<oci::Digest>& diff_ids) const {
  std::vector<std::string> lower;
  bool hidden = false;
  for (auto id = diff_ids.rbegin(); id != diff_ids.rend(); ++id) {
    const LayerRootPointer layer = require_layer(*id);
    if (hidden) continue;
    // overlayfs does not look at a root's own mark: whoever lists the layers has to.
    hidden = layer->opaque;
    // It refuses the same directory twice (ELOOP); images may hold a layer twice, and the upper of two equal ones hides
    // the other completely.
    if (std::find(lower.begin(), lower.end(), layer->directory) == lower.end()) lower.push_back(layer->directory);
  }
  lower.push_back(root_.mount_points_layer());
  return lower;
}

std::vector<oci::Mount> OverlaySnapshotter::mounts(const std::string& directory,
                                                   const std::vector<oci::Digest>& diff_ids) const {
  oci::Mount mount;
  mount.destination = "/";
  mount.type = "overlay";
  mount.source = "overlay";
  for (const std::string& layer : lower_directories(diff_ids)) mount.options.push_back("lowerdir+=" + layer);
  mount.options.push_back("upperdir=" + upper_of(directory));
  mount.options.push_back("workdir=" + work_of(directory));
  // No syncfs of the whole file system at each stop. Safe here: a container's changes need not survive a power cut.
  mount.options.push_back("volatile");
  // The upper directory must say all by itself, for it becomes a layer.
  for (const char* option : {"redirect_dir=off", "index=off", "metacopy=off"}) mount.options.push_back(option);
  return {std::move(mount)};
}

std::vector<oci::Mount> OverlaySnapshotter::prepare(const std::string& directory,
                                                    const std::vector<oci::Digest>& diff_ids) {
  std::vector<oci::Mount> result = mounts(directory, diff_ids);
  make_writable(directory);
  adopt_root(directory, diff_ids);
  return result;
}

void OverlaySnapshotter::make_writable(const std::string& directory) {
  sys::make_dir(upper_of(directory), 0755);  // the mode of "/" without layers; the daemon's umask is 022
  sys::make_dir(work_of(directory), 0700);
}

void OverlaySnapshotter::adopt_root(const std::string& directory, const std::vector<oci::Digest>& diff_ids) {
  if (diff_ids.empty()) return;
  const LayerRootPointer top = require_layer(diff_ids.back());
  const sys::Fd upper = sys::open_dir(upper_of(directory));
  set_stored_xattrs(upper, top->xattrs);
  sys::set_file_attributes(upper, top->info.st_uid, top->info.st_gid, top->info.st_mode, top->info.st_mtim);
}

std::vector<oci::Mount> OverlaySnapshotter::resume(const std::string& directory,
                                                   const std::vector<oci::Digest>& diff_ids) {
  // Left by a volatile mount to say that a power cut may have lost data; the kernel refuses to mount while it is there.
  sys::remove_tree(work_of(directory) + "/work/incompat");
  return mounts(directory, diff_ids);
}

void OverlaySnapshotter::name_layer(const std::string& directory, const oci::Digest& diff_id) {
  const sys::Fd layer = sys::open_dir(directory);
  if (later_) {
    sys::set_xattr(layer, kUnsyncedXattr, sys::boot_id());
    sys::sync_all(layer);  // the mark must not come later than the name
  } else {
    sys::sync_file_system(layer);
  }
  try {
    sys::rename_path(directory, root_.extracted_layer(diff_id));
  } catch (const Error&) {
    if (!sys::exists(root_.extracted_layer(diff_id))) throw;
    sys::remove_tree(directory);  // made by somebody else in the meantime, with the same content
  }
  if (later_) return later_([this, diff_id] { write_out(diff_id); });
  sys::sync_dir(root_.extracted());
}

void OverlaySnapshotter::write_out(const oci::Digest& diff_id) const {
  const auto layer = sys::try_open(root_.extracted_layer(diff_id), O_RDONLY | O_DIRECTORY);
  if (!layer || !sys::try_get_xattr(*layer, kUnsyncedXattr)) return;
  sys::sync_file_system(*layer);
  sys::remove_xattr(*layer, kUnsyncedXattr);
}

size_t OverlaySnapshotter::settle_layers() {
  const std::string boot = sys::boot_id();
  size_t removed = 0;
  for (const std::string& name : sys::list_dir(root_.extracted())) {
    if (!oci::Digest::is_hex(name)) continue;
    const oci::Digest diff_id = oci::Digest::from_hex(name);
    const auto mark = sys::try_get_xattr(sys::open_dir(root_.extracted_layer(diff_id)), kUnsyncedXattr);
    if (!mark) continue;
    if (*mark != boot) {
      sys::remove_tree(detach_layer(diff_id));
      ++removed;
    } else if (later_) {
      later_([this, diff_id] { write_out(diff_id); });
    } else {
      write_out(diff_id);
    }
  }
  return removed;
}

void OverlaySnapshotter::commit(const std::string& directory, const oci::Digest& diff_id) {
  const std::string upper = upper_of(directory);
  with_context("commit snapshot", [&] {
    if (has(diff_id)) {
      sys::remove_tree(upper);
    } else {
      name_layer(upper, diff_id);
    }
  });
}

void OverlaySnapshotter::remove(const std::string& directory) {
  with_context("remove snapshot", [&] {
    sys::remove_tree(upper_of(directory));
    sys::remove_tree(work_of(directory));
  });
}

void OverlaySnapshotter::add_layer(const oci::Digest& diff_id,
                                   const std::function<void(const std::string& directory)>& fill) {
  if (has(diff_id)) return;
  sys::TempDir temporary(root_.tmp(), "layer.");
  // mkdtemp makes 0700; a layer without an entry for its root has an ordinary one.
  const std::string directory = temporary.path() + "/root";
  sys::make_dir(directory, 0755);
  fill(directory);
  name_layer(directory, diff_id);
}

std::string OverlaySnapshotter::detach_layer(const oci::Digest& diff_id) {
  std::string aside = root_.tmp() + "/layer-" + random_id() + random_id();
  const std::lock_guard lock(mutex_);
  known_.erase(diff_id);
  if (!sys::exists(root_.extracted_layer(diff_id))) return {};
  // A crash must not leave half a layer under its name.
  sys::set_aside(root_.extracted_layer(diff_id), aside);
  return aside;
}

}  // namespace minibox::store
