#include "runtime/shim/mount_sources.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "runtime/shim/mount_options.h"
#include "sys/mount.h"

namespace minibox::runtime::shim {
namespace {

unsigned host_root(const std::vector<oci::IdMapping>& mappings) {
  for (const oci::IdMapping& mapping : mappings) {
    if (mapping.container_id == 0) return mapping.host_id;
  }
  return 0;
}

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

sys::Fd idmapped_copy(const oci::Mount& mount, const std::string& path, bool recursive, const sys::Fd& user_namespace) {
  sys::Fd copy = sys::clone_tree({}, path, recursive);
  if (!mount.uid_mappings.empty()) {
    with_context("idmap " + quote(path), [&] { sys::set_idmap(copy, user_namespace, recursive); });
  }
  return copy;
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Upper and work directory must lie on one mount, so their common parent is copied once.
class UpperCopy {
 public:
  UpperCopy(const oci::Mount& mount, const MountOptions& options, const sys::Fd& user_namespace) {
    std::string upper;
    std::string work;
    for (const auto& [key, value] : options.data) {
      if (key == "upperdir") upper = value;
      if (key == "workdir") work = value;
    }
    if (upper.empty() || parent_of(upper) != parent_of(work)) {
      throw Error(ErrorKind::kInvalid, "overlay: upperdir and workdir must lie in one directory");
    }
    parent_ = idmapped_copy(mount, parent_of(upper), false, user_namespace);
    upper_ = open_path(name_of(upper));
    work_ = open_path(name_of(work));
  }
  const sys::Fd& upper() const { return upper_; }
  const sys::Fd& work() const { return work_; }

 private:
  sys::Fd open_path(const std::string& name) const {
    sys::Fd fd(::openat(parent_.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw Error::from_errno("openat('" + name + "')", errno);
    return fd;
  }
  sys::Fd parent_;
  sys::Fd upper_;
  sys::Fd work_;
};

sys::Fd make_overlay(const oci::RuntimeSpec& spec, const oci::Mount& mount, const sys::Fd& user_namespace) {
  const MountOptions options = parse_options(mount);
  const UpperCopy upper(mount, options, user_namespace);
  std::vector<sys::Fd> layers;
  const FsIds ids(host_root(spec.uid_mappings), host_root(spec.gid_mappings));
  sys::FsContext overlay("overlay");
  overlay.set_string("source", "overlay");
  for (const auto& [key, value] : options.data) {
    if (key == "lowerdir+") {
      layers.push_back(idmapped_copy(mount, value, false, user_namespace));
      overlay.set_fd("lowerdir+", layers.back());
    } else if (key == "upperdir") {
      overlay.set_fd("upperdir", upper.upper());
    } else if (key == "workdir") {
      overlay.set_fd("workdir", upper.work());
    } else if (value.empty()) {
      overlay.set_flag(key);
    } else {
      overlay.set_string(key, value);
    }
  }
  return overlay.create(options.attributes.set);
}

void own(const sys::Fd& dir, const std::string& name, const oci::RuntimeSpec& spec) {
  if (::fchownat(dir.get(), name.c_str(), host_root(spec.uid_mappings), host_root(spec.gid_mappings), AT_SYMLINK_NOFOLLOW) != 0) {
    throw Error::from_errno("fchownat('/dev/" + name + "')", errno);
  }
}

void make_node(const sys::Fd& dev, const oci::Device& device, const oci::RuntimeSpec& spec) {
  if (!device.path.starts_with("/dev/")) throw Error(ErrorKind::kUnsupported, "device " + quote(device.path) + " outside /dev");
  const std::string name = device.path.substr(5);
  const mode_t type = device.type == 'b' ? S_IFBLK : S_IFCHR;
  if (::mknodat(dev.get(), name.c_str(), type | device.file_mode, makedev(device.major, device.minor)) != 0) {
    throw Error::from_errno("mknodat(" + quote(device.path) + ")", errno);
  }
  own(dev, name, spec);
  if (::fchmodat(dev.get(), name.c_str(), device.file_mode, 0) != 0) throw Error::from_errno("fchmodat()", errno);
}

// A tmpfs of the host's user namespace: device nodes in one of the container's would be dead (nodev).
sys::Fd make_dev(const oci::RuntimeSpec& spec, const oci::Mount& mount) {
  const MountOptions options = parse_options(mount);
  sys::FsContext context("tmpfs");
  context.set_string("source", "dev");
  for (const auto& [key, value] : options.data) context.set_string(key, value);
  context.set_string("uid", std::to_string(host_root(spec.uid_mappings)));
  context.set_string("gid", std::to_string(host_root(spec.gid_mappings)));
  sys::Fd dev = context.create(options.attributes.set);
  for (const oci::Device& device : spec.devices) make_node(dev, device, spec);
  constexpr std::pair<const char*, const char*> kLinks[] = {
      {"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
      {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
  };
  for (const auto& [name, target] : kLinks) {
    if (::symlinkat(target, dev.get(), name) != 0) throw Error::from_errno(std::string("symlinkat('/dev/") + name + "')", errno);
  }
  for (const char* name : {"pts", "shm", "mqueue"}) {
    if (::mkdirat(dev.get(), name, 0755) != 0) throw Error::from_errno(std::string("mkdirat('/dev/") + name + "')", errno);
    own(dev, name, spec);
  }
  return dev;
}

sys::Fd make_bind(const oci::Mount& mount, const sys::Fd& user_namespace) {
  const MountOptions options = parse_options(mount);
  sys::Fd copy = idmapped_copy(mount, mount.source, options.recursive_bind, user_namespace);
  sys::set_attributes(copy, options.attributes);
  return copy;
}

sys::Fd make_sysfs(const oci::Mount& mount) {
  sys::FsContext context("sysfs");
  context.set_string("source", "sysfs");
  return context.create(parse_options(mount).attributes.set);
}

sys::Fd prepare(const oci::RuntimeSpec& spec, const oci::Mount& mount, const sys::Fd& user_namespace) {
  if (mount.type == "overlay") return make_overlay(spec, mount, user_namespace);
  if (mount.type == "bind") return make_bind(mount, user_namespace);
  if (mount.type == "sysfs") return make_sysfs(mount);
  if (mount.type == "tmpfs") return make_dev(spec, mount);
  throw Error(ErrorKind::kUnsupported, "mount type " + quote(mount.type));
}

}  // namespace

std::vector<sys::Fd> prepare_mounts(const oci::RuntimeSpec& spec, const sys::Fd& user_namespace) {
  std::vector<sys::Fd> prepared;
  for (const oci::Mount& mount : spec.mounts) {
    if (!is_prepared_by_shim(mount)) continue;
    prepared.push_back(with_context("prepare mount " + quote(mount.destination), [&] { return prepare(spec, mount, user_namespace); }));
  }
  return prepared;
}

}  // namespace minibox::runtime::shim
