#include "sys/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::sys {

FsContext::FsContext(const std::string& type)
    : type_(type), context_(static_cast<int>(::syscall(SYS_fsopen, type.c_str(), FSOPEN_CLOEXEC))) {
  if (!context_) throw Error::from_errno("fsopen('" + type + "')", errno);
}

// The kernel explains mount failures in the context's log (fsopen(2)): "e overlay: ...", one message a read.
void FsContext::fail(const std::string& call) const {
  const int saved = errno;
  std::string explanation;
  char line[512];
  for (ssize_t got = 0; (got = ::read(context_.get(), line, sizeof line)) > 0;) {
    const std::string_view message = trim(std::string_view(line, static_cast<size_t>(got)));
    if (message.size() > 2 && message[0] == 'e')
      explanation += (explanation.empty() ? "" : "; ") + std::string(message.substr(2));
  }
  Error error = Error::from_errno(call, saved);
  if (!explanation.empty()) error.with_hint("the kernel says: " + explanation);
  throw error;
}

void FsContext::set_flag(const std::string& key) {
  if (::syscall(SYS_fsconfig, context_.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0) != 0) {
    fail("fsconfig(" + type_ + ", '" + key + "')");
  }
}

void FsContext::set_string(const std::string& key, const std::string& value) {
  if (::syscall(SYS_fsconfig, context_.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0) != 0) {
    fail("fsconfig(" + type_ + ", '" + key + "=" + value + "')");
  }
}

bool FsContext::try_set_fd(const std::string& key, const Fd& fd) {
  if (::syscall(SYS_fsconfig, context_.get(), FSCONFIG_SET_FD, key.c_str(), nullptr, fd.get()) == 0) return true;
  // EOPNOTSUPP: a file system of the old mount interface, as overlay before kernel 6.5. EBADF: up to 6.12 fsconfig
  // takes no O_PATH descriptors, which those of open_tree are.
  if (errno != EINVAL && errno != EOPNOTSUPP && errno != EBADF)
    fail("fsconfig(" + type_ + ", '" + key + "' by descriptor)");
  return false;
}

void FsContext::set_fd(const std::string& key, const Fd& fd) {
  if (!try_set_fd(key, fd)) fail("fsconfig(" + type_ + ", '" + key + "' by descriptor)");
}

Fd FsContext::create(std::uint64_t attributes) {
  if (::syscall(SYS_fsconfig, context_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    fail("fsconfig(" + type_ + ", create)");
  Fd mount(static_cast<int>(::syscall(SYS_fsmount, context_.get(), FSMOUNT_CLOEXEC, attributes)));
  if (!mount) fail("fsmount(" + type_ + ")");
  return mount;
}

Fd clone_tree(const Fd& dir, const std::string& path, bool recursive) {
  const unsigned flags =
      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0) | (path.empty() ? AT_EMPTY_PATH : 0);
  Fd tree(static_cast<int>(::syscall(SYS_open_tree, dir ? dir.get() : AT_FDCWD, path.c_str(), flags)));
  if (!tree) throw Error::from_errno("open_tree('" + path + "')", errno);
  return tree;
}

void set_attributes(const Fd& mount, const MountAttributes& attributes) {
  if (attributes.set == 0 && attributes.clear == 0) return;
  mount_attr attr{};
  attr.attr_set = attributes.set;
  attr.attr_clr = attributes.clear;
  const unsigned flags = AT_EMPTY_PATH | (attributes.recursive ? AT_RECURSIVE : 0);
  if (::syscall(SYS_mount_setattr, mount.get(), "", flags, &attr, sizeof attr) != 0) {
    throw Error::from_errno("mount_setattr(flags)", errno);
  }
}

void set_idmap(const Fd& mount, const Fd& user_namespace, bool recursive) {
  mount_attr attr{};
  attr.attr_set = MOUNT_ATTR_IDMAP;
  attr.userns_fd = static_cast<__u64>(user_namespace.get());
  const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  if (::syscall(SYS_mount_setattr, mount.get(), "", flags, &attr, sizeof attr) != 0) {
    throw Error::from_errno("mount_setattr(MOUNT_ATTR_IDMAP)", errno);
  }
}

void attach(const Fd& mount, const Fd& target, const std::string& what) {
  if (::syscall(SYS_move_mount, mount.get(), "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) !=
      0) {
    throw Error::from_errno("move_mount('" + what + "')", errno);
  }
}

void attach_at_root(const Fd& mount) {
  if (::syscall(SYS_move_mount, mount.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    throw Error::from_errno("move_mount('/')", errno);
  }
}

void unmount(const std::string& path) {
  if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
    throw Error::from_errno("umount2('" + path + "')", errno);
}

std::vector<std::string> mount_points_below(const std::string& directory) {
  std::vector<std::string> points;
  for (const std::string& line : split(read_file("/proc/self/mountinfo"), '\n')) {
    const std::vector<std::string> words = split_words(line);  // proc_pid_mountinfo(5): the fifth is the mount point
    if (words.size() > 4 && words[4].starts_with(directory + "/")) points.push_back(words[4]);
  }
  return points;
}

std::uint64_t mount_id(const Fd& dir, const char* path) {
  struct statx info{};
  const int flags = AT_NO_AUTOMOUNT | (*path == '\0' ? AT_EMPTY_PATH : 0);
  if (::statx(dir ? dir.get() : AT_FDCWD, path, flags, STATX_MNT_ID, &info) != 0)
    throw Error::from_errno(std::string("statx('") + path + "')", errno);
  if ((info.stx_mask & STATX_MNT_ID) == 0)
    throw Error(ErrorKind::kUnsupported, "statx has no mount ids").with_hint("Linux 5.8 or later is needed");
  return info.stx_mnt_id;
}

void make_private_recursive() {
  if (::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    throw Error::from_errno("mount('/', MS_REC|MS_PRIVATE)", errno);
}

void pivot_to(const Fd& new_root) {
  if (::fchdir(new_root.get()) != 0) throw Error::from_errno("fchdir(new root)", errno);
  // pivot_root(".", ".") stacks the old root on the new one, from where it is detached (pivot_root(2), NOTES).
  if (::syscall(SYS_pivot_root, ".", ".") != 0) throw Error::from_errno("pivot_root('.', '.')", errno);
  if (::umount2(".", MNT_DETACH) != 0) throw Error::from_errno("umount2(old root, MNT_DETACH)", errno);
  if (::chdir("/") != 0) throw Error::from_errno("chdir('/')", errno);
}

}  // namespace minibox::sys
