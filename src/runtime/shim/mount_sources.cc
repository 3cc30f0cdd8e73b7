#include "runtime/shim/mount_sources.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "runtime/shim/mount_options.h"
#include "runtime/shim/overlay_mount.h"
#include "sys/mount.h"

namespace minibox::runtime::shim {
namespace {

void own(const sys::Fd& dir, const std::string& name, const oci::RuntimeSpec& spec) {
  if (::fchownat(dir.get(), name.c_str(), host_root(spec.uid_mappings), host_root(spec.gid_mappings),
                 AT_SYMLINK_NOFOLLOW) != 0) {
    throw Error::from_errno("fchownat('/dev/" + name + "')", errno);
  }
}

// "net/tun": the directories above a node. /dev is new and nobody else's yet.
void make_parents(const sys::Fd& dev, const std::string& name, const oci::RuntimeSpec& spec) {
  for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const std::string parent = name.substr(0, slash);
    if (::mkdirat(dev.get(), parent.c_str(), 0755) == 0) {
      own(dev, parent, spec);
    } else if (errno != EEXIST) {
      throw Error::from_errno("mkdirat('/dev/" + parent + "')", errno);
    }
  }
}

void make_node(const sys::Fd& dev, const oci::Device& device, const oci::RuntimeSpec& spec) {
  if (!device.path.starts_with("/dev/"))
    throw Error(ErrorKind::kUnsupported, "device " + quote(device.path) + " outside /dev");
  const std::string name = device.path.substr(5);
  make_parents(dev, name, spec);
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
    if (::symlinkat(target, dev.get(), name) != 0)
      throw Error::from_errno(std::string("symlinkat('/dev/") + name + "')", errno);
  }
  for (const char* name : {"pts", "shm", "mqueue"}) {
    if (::mkdirat(dev.get(), name, 0755) != 0)
      throw Error::from_errno(std::string("mkdirat('/dev/") + name + "')", errno);
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

sys::Fd prepare(const oci::RuntimeSpec& spec, const oci::Mount& mount, const sys::Fd& user_namespace,
                std::vector<sys::Fd>& kept) {
  if (mount.type == "overlay") return make_overlay(spec, mount, user_namespace, kept);
  if (mount.type == "bind") return make_bind(mount, user_namespace);
  if (mount.type == "sysfs") return make_sysfs(mount);
  if (mount.type == "tmpfs") return make_dev(spec, mount);
  throw Error(ErrorKind::kUnsupported, "mount type " + quote(mount.type));
}

}  // namespace

PreparedMounts prepare_mounts(const oci::RuntimeSpec& spec, const sys::Fd& user_namespace) {
  PreparedMounts prepared;
  for (const oci::Mount& mount : spec.mounts) {
    if (!is_prepared_by_shim(mount)) continue;
    prepared.mounts.push_back(with_context("prepare mount " + quote(mount.destination),
                                           [&] { return prepare(spec, mount, user_namespace, prepared.kept); }));
  }
  return prepared;
}

}  // namespace minibox::runtime::shim
