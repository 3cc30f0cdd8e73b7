#include "engine/id_mapping_check.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"

namespace minibox::engine {
namespace {

// A process that does nothing but hold a user namespace, until `child` is destroyed.
sys::Fd new_user_namespace(unsigned base, unsigned count) {
  const sys::Child child = sys::clone_process({.flags = CLONE_NEWUSER});
  if (!child.valid()) {
    for (;;) ::pause();
  }
  const std::string proc = "/proc/" + std::to_string(child.pid());
  const std::string map = "0 " + std::to_string(base) + " " + std::to_string(count) + "\n";
  for (const char* file : {"/uid_map", "/gid_map"}) {
    const sys::Fd fd = sys::open_file(proc + file, O_WRONLY);
    if (::write(fd.get(), map.data(), map.size()) != static_cast<ssize_t>(map.size()))
      throw Error::from_errno("write('" + proc + file + "', '" + std::string(trim(map)) + "')", errno);
  }
  return sys::open_file(proc + "/ns/user", O_RDONLY);
}

}  // namespace

void check_id_mapping(const std::string& directory, unsigned base, unsigned count) {
  try {
    const sys::Fd user_namespace = new_user_namespace(base, count);
    const sys::Fd mount = sys::clone_tree({}, directory, false);
    sys::set_idmap(mount, user_namespace, false);
  } catch (Error& error) {
    throw error.with_kind(ErrorKind::kUnsupported)
        .add_context("this host can't run containers in user namespaces over " + quote(directory))
        .with_hint(
            "idmapped mounts need Linux 5.12 and ext4, xfs, btrfs or tmpfs below the data root; MINIBOX_USERNS=host "
            "runs containers without user namespaces");
  }
}

}  // namespace minibox::engine
