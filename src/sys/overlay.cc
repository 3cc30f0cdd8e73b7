#include "sys/overlay.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>

#include "base/error.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/root_dir.h"

namespace minibox::sys {
namespace {

// Layers by descriptor, all of them detached: kernel 6.13 or later. False: this kernel doesn't take them.
bool try_by_descriptor(const OverlayLayers& layers, Fd& root) {
  FsContext overlay("overlay");
  for (const Fd& layer : layers.lower) {
    if (!overlay.try_set_fd("lowerdir+", layer)) return false;
  }
  if (layers.upper_parent) {
    overlay.set_fd("upperdir", open_file_at(layers.upper_parent, layers.upper, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    overlay.set_fd("workdir", open_file_at(layers.upper_parent, layers.work, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  }
  overlay.set_string("source", "overlay");
  for (const auto& [key, value] : layers.options) {
    if (value.empty()) {
      overlay.set_flag(key);
    } else {
      overlay.set_string(key, value);
    }
  }
  root = overlay.create(0);
  return true;
}

void attach_below(const RootDir& stage, const Fd& copy, const std::string& name) {
  attach(copy, stage.make_dirs_beneath(name, 0755), name);
}

// A mount namespace for the time of one call; the mounts made in it go with it.
class PassingMountNamespace {
 public:
  PassingMountNamespace() : home_(open_file("/proc/self/ns/mnt", O_RDONLY)) {
    if (::unshare(CLONE_NEWNS) != 0) throw Error::from_errno("unshare(CLONE_NEWNS)", errno);
    make_private_recursive();
  }
  PassingMountNamespace(const PassingMountNamespace&) = delete;
  PassingMountNamespace& operator=(const PassingMountNamespace&) = delete;
  ~PassingMountNamespace() {
    // Staying would only hide the host's /tmp from this shim, never show more of it.
    [[maybe_unused]] const int ignored = ::setns(home_.get(), CLONE_NEWNS);
  }

 private:
  Fd home_;
};

// Older kernels want attached layers with names, short ones, for all of them must fit into one page.
Fd make_by_name(const OverlayLayers& layers) {
  const PassingMountNamespace passing;
  constexpr char kStage[] = "/tmp";
  attach(FsContext("tmpfs").create(0), open_dir(kStage), kStage);
  const RootDir stage = RootDir::open(kStage);
  std::string lower;
  for (size_t i = 0; i < layers.lower.size(); ++i) {
    attach_below(stage, layers.lower[i], std::to_string(i));
    lower += (i == 0 ? "" : ":") + std::string(kStage) + "/" + std::to_string(i);
  }
  std::string options = "lowerdir=" + lower;
  if (layers.upper_parent) {
    attach_below(stage, layers.upper_parent, "u");
    options += std::string(",upperdir=") + kStage + "/u/" + layers.upper + ",workdir=" + kStage + "/u/" + layers.work;
  }
  stage.make_dirs_beneath("root", 0755);
  for (const auto& [key, value] : layers.options) options += "," + key + (value.empty() ? "" : "=" + value);
  const std::string target = std::string(kStage) + "/root";
  if (::mount("overlay", target.c_str(), "overlay", 0, options.c_str()) != 0)
    throw Error::from_errno("mount(overlay, '" + options + "')", errno);
  return clone_tree({}, target, false);
}

}  // namespace

OverlayLayers copy_layers(const std::vector<std::pair<std::string, std::string>>& options, const CopyTree& copy) {
  OverlayLayers layers;
  std::string upper;
  std::string work;
  for (const auto& [key, value] : options) {
    if (key == "lowerdir+") {
      layers.lower.push_back(copy(value));
    } else if (key == "upperdir") {
      upper = value;
    } else if (key == "workdir") {
      work = value;
    } else {
      layers.options.emplace_back(key, value);
    }
  }
  const std::string parent = parent_path(upper);
  if (upper.empty() || parent_path(work) != parent) {
    throw Error(ErrorKind::kInvalid, "overlay: upperdir and workdir must lie in one directory");
  }
  layers.upper_parent = copy(parent);
  layers.upper = upper.substr(parent.size() + 1);
  layers.work = work.substr(parent.size() + 1);
  return layers;
}

Fd make_overlay(const OverlayLayers& layers) {
  Fd root;
  if (!try_by_descriptor(layers, root)) root = make_by_name(layers);
  return root;
}

}  // namespace minibox::sys
