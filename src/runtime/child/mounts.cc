#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "runtime/child/setup_steps.h"
#include "runtime/shim/mount_options.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/mount.h"

namespace minibox::runtime::child {
namespace {

// A file's target: a final symlink of the image is replaced, never followed, so that nothing but this name changes.
sys::Fd file_target(const sys::RootDir& root, const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) root.make_dirs_beneath(path.substr(0, slash), 0755);
  const sys::RootDir::Parent parent = root.open_parent(path);
  sys::Fd target(::openat(parent.dir.get(), parent.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info{};
  if (target && ::fstat(target.get(), &info) == 0 && S_ISREG(info.st_mode)) return target;
  if (target && ::unlinkat(parent.dir.get(), parent.name.c_str(), 0) != 0)
    throw Error::from_errno("unlinkat('" + path + "')", errno);
  sys::Fd made(
      ::openat(parent.dir.get(), parent.name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!made) throw Error::from_errno("openat('" + path + "', O_CREAT)", errno);
  return made;
}

sys::Fd make_here(const oci::Mount& mount, const MountOptions& options) {
  sys::FsContext context(mount.type);
  context.set_string("source", mount.source.empty() ? mount.type : mount.source);
  for (const auto& [key, value] : options.data) {
    if (value.empty()) {
      context.set_flag(key);
    } else {
      context.set_string(key, value);
    }
  }
  return context.create(options.attributes.set);
}

// Through a link of the image proc could lie elsewhere, and once a volume covers part of the way to it, masked and
// read-only paths would be looked for in that volume (CVE-2019-19921, CVE-2023-27561).
void refuse_link(const oci::Mount& mount, const sys::RootDir& root) {
  const sys::RootDir::Parent parent = root.open_parent(mount.destination);
  const std::optional<struct stat> info = sys::try_stat_entry(parent.dir, parent.name);
  if (info && S_ISLNK(info->st_mode))
    throw Error(ErrorKind::kInvalid, quote(mount.destination) + " of the image is a symbolic link");
}

void mount_one(const oci::Mount& mount, sys::Fd prepared, const sys::RootDir& root) {
  if (mount.type == "proc" || mount.type == "sysfs" || mount.type == "cgroup2") refuse_link(mount, root);
  const sys::Fd source = prepared ? std::move(prepared) : make_here(mount, parse_options(mount));
  const sys::Fd target = sys::is_directory(source) ? root.make_dirs_beneath(mount.destination, 0755)
                                                   : file_target(root, mount.destination);
  sys::attach(source, target, mount.destination);
}

}  // namespace

void enter_cgroup_namespace(const oci::RuntimeSpec& spec, ChildState&) {
  const bool wanted = std::any_of(spec.namespaces.begin(), spec.namespaces.end(),
                                  [](const oci::Namespace& entry) { return entry.type == "cgroup"; });
  if (wanted && ::unshare(CLONE_NEWCGROUP) != 0) throw Error::from_errno("unshare(CLONE_NEWCGROUP)", errno);
}

void mount_file_systems(const oci::RuntimeSpec& spec, ChildState& state) {
  const sys::RootDir root(state.root.duplicate());
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const oci::Mount& mount = spec.mounts[i];
    if (mount.destination == "/") continue;
    with_context("mount " + mount.type + " at " + quote(mount.destination),
                 [&] { mount_one(mount, std::move(state.prepared[i]), root); });
  }
}

}  // namespace minibox::runtime::child
