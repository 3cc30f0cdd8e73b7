#include "sys/fs_identity.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "base/error.h"

namespace minibox::sys {
namespace {

// Leaving fsuid 0 takes the capabilities over files out of the effective set; the permitted set still has them.
void raise_effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  if (::syscall(SYS_capget, &header, data) != 0) throw Error::from_errno("capget()", errno);
  for (__user_cap_data_struct& part : data) part.effective = part.permitted;
  if (::syscall(SYS_capset, &header, data) != 0) throw Error::from_errno("capset()", errno);
}

}  // namespace

FsIdentity::FsIdentity(unsigned id)
    : uid_(static_cast<uid_t>(::setfsuid(id))), gid_(static_cast<gid_t>(::setfsgid(id))) {
  // setfsuid tells no failure but by not having done it.
  if (static_cast<unsigned>(::setfsuid(id)) == id && static_cast<unsigned>(::setfsgid(id)) == id) {
    raise_effective_capabilities();
    return;
  }
  ::setfsuid(uid_);
  ::setfsgid(gid_);
  throw Error(ErrorKind::kDenied, "setfsuid(): the daemon may not change its file system ids");
}

FsIdentity::~FsIdentity() {
  ::setfsgid(gid_);
  ::setfsuid(uid_);
  // A thread of the daemon must never work on under a container's ids.
  if (static_cast<uid_t>(::setfsuid(uid_)) != uid_) std::terminate();
}

}  // namespace minibox::sys
