#include "runtime/shim/overlay_mount.h"

#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "runtime/shim/mount_options.h"
#include "sys/mount.h"
#include "sys/overlay.h"

namespace minibox::runtime::shim {
namespace {

// Overlay remembers its mounter's ids and does its own work on the upper directory with them; on an idmapped upper they
// must be ids that the mapping knows, or every write fails with EOVERFLOW. Capabilities stay as they are.
class FsIds {
 public:
  FsIds(unsigned uid, unsigned gid) {
    if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0)
      throw Error::from_errno("prctl(PR_SET_SECUREBITS)", errno);
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

sys::Fd make_overlay(const oci::RuntimeSpec& spec, const oci::Mount& mount, const sys::Fd& user_namespace,
                     std::vector<sys::Fd>& kept) {
  const MountOptions options = parse_options(mount);
  sys::OverlayLayers layers = sys::copy_layers(
      options.data, [&](const std::string& path) { return idmapped_copy(mount, path, false, user_namespace); });
  sys::Fd root;
  {
    const FsIds ids(host_root(spec.uid_mappings), host_root(spec.gid_mappings));
    root = sys::make_overlay(layers);
  }
  sys::set_attributes(root, options.attributes);
  for (sys::Fd& copy : layers.lower) kept.push_back(std::move(copy));
  kept.push_back(std::move(layers.upper_parent));
  return root;
}

}  // namespace minibox::runtime::shim
