#include "store/overlay_snapshotter.h"

#include <algorithm>

#include "base/error.h"
#include "base/id.h"
#include "sys/file.h"
#include "sys/sync.h"

namespace minibox::store {
namespace {

std::string upper_of(const std::string& directory) {
  return directory + "/upper";
}
std::string work_of(const std::string& directory) {
  return directory + "/work";
}

}  // namespace

bool OverlaySnapshotter::has(const oci::Digest& diff_id) const {
  const std::lock_guard lock(mutex_);
  if (known_.contains(diff_id)) return true;
  if (!sys::exists(root_.extracted_layer(diff_id))) return false;
  known_.insert(diff_id);
  return true;
}

std::vector<std::string> OverlaySnapshotter::lower_directories(const std::vector<oci::Digest>& diff_ids) const {
  std::vector<std::string> directories;
  for (auto id = diff_ids.rbegin(); id != diff_ids.rend(); ++id) {
    if (!has(*id)) throw Error(ErrorKind::kNotFound, "layer " + id->short_hex() + " is not unpacked");
    directories.push_back(root_.extracted_layer(*id));
  }
  // overlayfs refuses the same directory twice (ELOOP); images may hold a layer twice, and the upper of two equal ones
  // hides the other completely.
  std::vector<std::string> unique;
  for (std::string& directory : directories) {
    if (std::find(unique.begin(), unique.end(), directory) == unique.end()) unique.push_back(std::move(directory));
  }
  return unique;
}

std::vector<oci::Mount> OverlaySnapshotter::mounts(const std::string& directory,
                                                   const std::vector<oci::Digest>& diff_ids) const {
  oci::Mount mount;
  mount.destination = "/";
  mount.type = "overlay";
  mount.source = "overlay";
  std::vector<std::string> lower = lower_directories(diff_ids);
  lower.push_back(root_.mount_points_layer());
  for (const std::string& layer : lower) mount.options.push_back("lowerdir+=" + layer);
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
  return result;
}

void OverlaySnapshotter::make_writable(const std::string& directory) {
  sys::make_dir(upper_of(directory), 0755);  // the mode of the container's "/"; the daemon's umask is 022
  sys::make_dir(work_of(directory), 0700);
}

std::vector<oci::Mount> OverlaySnapshotter::resume(const std::string& directory,
                                                   const std::vector<oci::Digest>& diff_ids) {
  // Left by a volatile mount to say that a power cut may have lost data; the kernel refuses to mount while it is there.
  sys::remove_tree(work_of(directory) + "/work/incompat");
  return mounts(directory, diff_ids);
}

void OverlaySnapshotter::name_layer(const std::string& directory, const oci::Digest& diff_id) {
  // The name promises content; after a power cut too.
  sys::sync_file_system(sys::open_dir(directory));
  try {
    sys::rename_path(directory, root_.extracted_layer(diff_id));
  } catch (const Error&) {
    if (!sys::exists(root_.extracted_layer(diff_id))) throw;
    sys::remove_tree(directory);  // made by somebody else in the meantime, with the same content
  }
  sys::sync_dir(root_.extracted());
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

void OverlaySnapshotter::remove_layer(const oci::Digest& diff_id) {
  const std::string aside = root_.tmp() + "/layer-" + random_id() + random_id();
  {
    const std::lock_guard lock(mutex_);
    known_.erase(diff_id);
    if (!sys::exists(root_.extracted_layer(diff_id))) return;
    // Out of sight in one step: a crash must not leave half a layer under its name.
    sys::rename_path(root_.extracted_layer(diff_id), aside);
  }
  sys::remove_tree(aside);
}

}  // namespace minibox::store
