#include "runtime/shim/overlay_mount.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "runtime/shim/mount_options.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/root_dir.h"

namespace minibox::runtime::shim {
namespace {

// Overlay remembers its mounter's ids and does its own work on the upper directory with them; on an idmapped upper they
// must be ids that the mapping knows, or every write fails with EOVERFLOW. Capabilities stay as they are.
class FsIds {
 public:
  FsIds(unsigned uid, unsigned gid) {
    if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_SECUREBITS)", errno);
    ::setfsuid(uid);
    ::setfsgid(gid);
  }
  FsIds(const FsIds&) = delete;
  FsIds& operator=(const FsIds&) = delete;
  ~FsIds() {
    ::setfsuid(0);
    ::setfsgid(0);
    ::prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
  }
};

struct Layer {
  std::string path;
  sys::Fd copy;
};

// What the mount's options name, taken apart and copied.
struct Layers {
  std::vector<Layer> lower;    // topmost first
  sys::Fd upper_parent;        // upper and work directory must lie on one mount, so their common parent is copied once
  std::string upper;           // names below the parent
  std::string work;
  std::vector<std::pair<std::string, std::string>> other;  // "volatile", "index=off", ...
};

Layers copy_layers(const oci::Mount& mount, const sys::Fd& user_namespace) {
  Layers layers;
  std::string upper;
  std::string work;
  for (const auto& [key, value] : parse_options(mount).data) {
    if (key == "lowerdir+") {
      layers.lower.push_back({value, idmapped_copy(mount, value, false, user_namespace)});
    } else if (key == "upperdir") {
      upper = value;
    } else if (key == "workdir") {
      work = value;
    } else {
      layers.other.emplace_back(key, value);
    }
  }
  const std::string parent = upper.substr(0, upper.rfind('/'));
  if (upper.empty() || work.substr(0, work.rfind('/')) != parent) {
    throw Error(ErrorKind::kInvalid, "overlay: upperdir and workdir must lie in one directory");
  }
  layers.upper_parent = idmapped_copy(mount, parent, false, user_namespace);
  layers.upper = upper.substr(parent.size() + 1);
  layers.work = work.substr(parent.size() + 1);
  return layers;
}

// Layers by descriptor, all of them detached: kernel 6.13 or later. False: this kernel doesn't take them.
bool try_by_descriptor(const Layers& layers, sys::Fd& root) {
  sys::FsContext overlay("overlay");
  for (const Layer& layer : layers.lower) {
    if (!overlay.try_set_fd("lowerdir+", layer.copy)) return false;
  }
  overlay.set_fd("upperdir", sys::open_file_at(layers.upper_parent, layers.upper, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  overlay.set_fd("workdir", sys::open_file_at(layers.upper_parent, layers.work, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  overlay.set_string("source", "overlay");
  for (const auto& [key, value] : layers.other) {
    if (value.empty()) {
      overlay.set_flag(key);
    } else {
      overlay.set_string(key, value);
    }
  }
  root = overlay.create(0);
  return true;
}

void attach_below(const sys::RootDir& stage, const sys::Fd& copy, const std::string& name) {
  sys::attach(copy, stage.make_dirs_beneath(name, 0755), name);
}

// A mount namespace for the time of one call; the mounts made in it go with it.
class PassingMountNamespace {
 public:
  PassingMountNamespace() : home_(sys::open_file("/proc/self/ns/mnt", O_RDONLY)) {
    if (::unshare(CLONE_NEWNS) != 0) throw Error::from_errno("unshare(CLONE_NEWNS)", errno);
    sys::make_private_recursive();
  }
  PassingMountNamespace(const PassingMountNamespace&) = delete;
  PassingMountNamespace& operator=(const PassingMountNamespace&) = delete;
  ~PassingMountNamespace() {
    // Staying would only hide the host's /tmp from this shim, never show more of it.
    [[maybe_unused]] const int ignored = ::setns(home_.get(), CLONE_NEWNS);
  }

 private:
  sys::Fd home_;
};

// Older kernels want attached layers with names, short ones, for all of them must fit into one page.
sys::Fd make_by_name(const Layers& layers) {
  const PassingMountNamespace passing;
  constexpr char kStage[] = "/tmp";
  sys::attach(sys::FsContext("tmpfs").create(0), sys::open_dir(kStage), kStage);
  const sys::RootDir stage = sys::RootDir::open(kStage);
  std::string lower;
  for (size_t i = 0; i < layers.lower.size(); ++i) {
    attach_below(stage, layers.lower[i].copy, std::to_string(i));
    lower += (i == 0 ? "" : ":") + std::string(kStage) + "/" + std::to_string(i);
  }
  attach_below(stage, layers.upper_parent, "u");
  stage.make_dirs_beneath("root", 0755);
  std::string options = "lowerdir=" + lower + ",upperdir=" + kStage + "/u/" + layers.upper + ",workdir=" + kStage + "/u/" + layers.work;
  for (const auto& [key, value] : layers.other) options += "," + key + (value.empty() ? "" : "=" + value);
  const std::string target = std::string(kStage) + "/root";
  if (::mount("overlay", target.c_str(), "overlay", 0, options.c_str()) != 0) throw Error::from_errno("mount(overlay, '" + options + "')", errno);
  return sys::clone_tree({}, target, false);
}

}  // namespace

unsigned host_root(const std::vector<oci::IdMapping>& mappings) {
  for (const oci::IdMapping& mapping : mappings) {
    if (mapping.container_id == 0) return mapping.host_id;
  }
  return 0;
}

sys::Fd idmapped_copy(const oci::Mount& mount, const std::string& path, bool recursive, const sys::Fd& user_namespace) {
  sys::Fd copy = sys::clone_tree({}, path, recursive);
  if (!mount.uid_mappings.empty()) {
    with_context("idmap " + quote(path), [&] { sys::set_idmap(copy, user_namespace, recursive); });
  }
  return copy;
}

sys::Fd make_overlay(const oci::RuntimeSpec& spec, const oci::Mount& mount, const sys::Fd& user_namespace, std::vector<sys::Fd>& kept) {
  Layers layers = copy_layers(mount, user_namespace);
  sys::Fd root;
  {
    const FsIds ids(host_root(spec.uid_mappings), host_root(spec.gid_mappings));
    if (!try_by_descriptor(layers, root)) root = make_by_name(layers);
  }
  sys::set_attributes(root, parse_options(mount).attributes);
  for (Layer& layer : layers.lower) kept.push_back(std::move(layer.copy));
  kept.push_back(std::move(layers.upper_parent));
  return root;
}

}  // namespace minibox::runtime::shim
