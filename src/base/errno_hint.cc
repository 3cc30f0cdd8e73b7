#include "base/errno_hint.h"

#include <array>
#include <cerrno>

namespace minibox {
namespace {

struct HintRow {
  std::string_view call;
  int errno_value;
  std::string_view hint;
};

constexpr std::array kHints = {
    HintRow{"execve", ENOENT, "the file exists only if its interpreter (the #! line or the ELF loader) does too"},
    HintRow{"execve", ENOEXEC, "the file is no program of this architecture and has no #! line"},
    HintRow{"mount", ENOSPC, "the kernel's limit of mounts is reached: see /proc/sys/fs/mount-max"},
    HintRow{"move_mount", ENOSPC, "the kernel's limit of mounts is reached: see /proc/sys/fs/mount-max"},
    HintRow{"clone3", EPERM,
            "user namespaces may be switched off: see /proc/sys/user/max_user_namespaces, "
            "kernel.unprivileged_userns_clone and AppArmor"},
    HintRow{"clone3", ENOSPC, "a namespace limit is reached: see /proc/sys/user/max_*_namespaces"},
    HintRow{"clone3", EAGAIN, "the limit of processes is reached: see pids.max of the cgroup and ulimit -u"},
    HintRow{"mount_setattr", EINVAL,
            "this file system, or one mounted below it, can't be idmapped; ext4, xfs, btrfs, tmpfs and erofs can"},
    HintRow{"fsconfig", ENOSPC, "the disk is full, of bytes or of inodes (df, df -i), or a limit of mounts is reached"},
    HintRow{"setrlimit", EPERM, "raising a hard limit needs CAP_SYS_RESOURCE"},
};

}  // namespace

std::string errno_hint(std::string_view call, int errno_value) {
  std::string_view name = call.substr(0, call.find('('));
  for (const HintRow& row : kHints) {
    if (row.errno_value == errno_value && row.call == name) return std::string(row.hint);
  }
  return {};
}

}  // namespace minibox
