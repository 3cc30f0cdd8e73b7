#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "runtime/child/setup_steps.h"
#include "sys/file.h"
#include "sys/mount.h"

namespace minibox::runtime::child {
namespace {

constexpr std::uint64_t kSealed = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

sys::Fd null_device(const sys::RootDir& root) {
  sys::Fd null = root.open_beneath("/dev/null", O_PATH | O_NOFOLLOW);
  struct stat info{};
  if (::fstat(null.get(), &info) != 0) throw Error::from_errno("fstat('/dev/null')", errno);
  if (!S_ISCHR(info.st_mode) || info.st_rdev != makedev(1, 3)) {
    throw Error(ErrorKind::kInvalid, "/dev/null of the container is not the null device");
  }
  return null;
}

}  // namespace

// A masked directory shows an empty read-only tmpfs, a masked file the container's own /dev/null. What this kernel does
// not have needs no mask.
void mask_paths(const oci::RuntimeSpec& spec, ChildState& state) {
  const sys::RootDir root(state.root.duplicate());
  sys::Fd empty;
  for (const std::string& path : spec.masked_paths) {
    with_context("mask " + quote(path), [&] {
      const auto target = root.try_open_beneath(path, O_PATH | O_NOFOLLOW);
      if (!target) return;
      if (!sys::is_directory(*target)) {
        // By the container's own root and not by a plain path: its /dev may be a symlink to anywhere.
        sys::attach(sys::clone_tree(null_device(root), "", false), *target, path);
        return;
      }
      if (empty) {
        sys::attach(sys::clone_tree(empty, "", false), *target, path);
        return;
      }
      sys::FsContext context("tmpfs");
      context.set_string("size", "0");
      context.set_string("mode", "555");
      empty = context.create(kSealed);
      sys::attach(empty, *target, path);
    });
  }
}

void make_paths_readonly(const oci::RuntimeSpec& spec, ChildState& state) {
  const sys::RootDir root(state.root.duplicate());
  for (const std::string& path : spec.readonly_paths) {
    with_context("make " + quote(path) + " read-only", [&] {
      const auto target = root.try_open_beneath(path, O_PATH | O_NOFOLLOW);
      if (!target) return;
      const sys::Fd copy = sys::clone_tree(*target, "", true);
      sys::set_attributes(copy, {.set = kSealed, .recursive = true});
      sys::attach(copy, *target, path);
    });
  }
}

}  // namespace minibox::runtime::child
