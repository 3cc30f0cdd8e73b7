#include "sys/entry.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "sys/file.h"
#include "sys/root_dir.h"

namespace minibox::sys {
namespace {

void check(long result, const char* name, const std::string& argument) {
  if (result < 0) throw Error::from_errno(std::string(name) + "('" + argument + "')", errno);
}

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

Fd open_strictly_beneath(const Fd& dir, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<__u64>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const std::string relative = relative_path(path);
  long fd = -1;
  for (int attempt = 0; attempt < 100; ++attempt) {
    fd = ::syscall(SYS_openat2, dir.get(), relative.empty() ? "." : relative.c_str(), &how, sizeof how);
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) break;  // EAGAIN: a rename raced with ".." (openat2(2))
  }
  check(fd, "openat2", path);
  return Fd(static_cast<int>(fd));
}

std::string path_of(const Fd& fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
  char target[PATH_MAX];
  const ssize_t length = ::readlink(link.c_str(), target, sizeof target);
  check(length, "readlink", link);
  return std::string(target, static_cast<size_t>(length));
}

bool is_whiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0);
}

std::uint64_t mount_of(const Fd& fd) {
  struct statx info{};
  if (::statx(fd.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &info) != 0) throw Error::from_errno("statx()", errno);
  return info.stx_mnt_id;
}

struct stat stat_of(const Fd& fd) {
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) throw Error::from_errno("fstat()", errno);
  return info;
}

struct stat stat_entry(const Fd& dir, const std::string& name) {
  struct stat info{};
  check(::fstatat(dir.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW), "fstatat", name);
  return info;
}

std::optional<struct stat> try_stat_entry(const Fd& dir, const std::string& name) {
  struct stat info{};
  if (::fstatat(dir.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return info;
  if (errno == ENOENT) return std::nullopt;
  throw Error::from_errno("fstatat('" + name + "')", errno);
}

std::vector<std::string> list_entries(const Fd& dir) {
  // A descriptor of its own: reading moves the offset, which duplicates share.
  Fd own = open_dir_entry(dir, ".");
  const std::unique_ptr<DIR, DirCloser> stream(::fdopendir(own.get()));
  if (!stream) throw Error::from_errno("fdopendir()", errno);
  own.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) throw Error::from_errno("readdir()", errno);
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_link_entry(const Fd& dir, const std::string& name) {
  char target[PATH_MAX];
  const ssize_t length = ::readlinkat(dir.get(), name.c_str(), target, sizeof target);
  check(length, "readlinkat", name);
  return std::string(target, static_cast<size_t>(length));
}

Fd open_dir_entry(const Fd& dir, const std::string& name) {
  return open_file_at(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

Fd open_regular_entry(const Fd& dir, const std::string& name) {
  Fd file = open_file_at(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!S_ISREG(stat_of(file).st_mode)) throw Error(ErrorKind::kConflict, "'" + name + "' is not a regular file");
  return file;
}

Fd create_file_entry(const Fd& dir, const std::string& name) {
  return open_file_at(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
}

void make_dir_entry(const Fd& dir, const std::string& name, mode_t mode) {
  check(::mkdirat(dir.get(), name.c_str(), mode), "mkdirat", name);
}

void make_symlink_entry(const Fd& dir, const std::string& name, const std::string& target) {
  check(::symlinkat(target.c_str(), dir.get(), name.c_str()), "symlinkat", name);
}

void make_fifo_entry(const Fd& dir, const std::string& name, mode_t mode) {
  check(::mkfifoat(dir.get(), name.c_str(), mode), "mkfifoat", name);
}

void make_device_entry(const Fd& dir, const std::string& name, mode_t mode, dev_t device) {
  check(::mknodat(dir.get(), name.c_str(), mode, device), "mknodat", name);
}

void link_entry(const Fd& from_dir, const std::string& from, const Fd& to_dir, const std::string& to) {
  check(::linkat(from_dir.get(), from.c_str(), to_dir.get(), to.c_str(), 0), "linkat", to);
}

bool remove_entry(const Fd& dir, const std::string& name) {
  if (::unlinkat(dir.get(), name.c_str(), 0) == 0) return true;
  if (errno == ENOENT) return false;
  throw Error::from_errno("unlinkat('" + name + "')", errno);
}

bool remove_empty_dir_entry(const Fd& dir, const std::string& name) {
  if (::unlinkat(dir.get(), name.c_str(), AT_REMOVEDIR) == 0) return true;
  if (errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) return false;
  throw Error::from_errno("unlinkat('" + name + "')", errno);
}

void set_entry_attributes(const Fd& dir, const std::string& name, const struct stat& info, uid_t uid, gid_t gid) {
  const Fd entry = open_file_at(dir, name, O_PATH | O_NOFOLLOW);
  check(::fchownat(entry.get(), "", uid, gid, AT_EMPTY_PATH), "fchownat", name);
  if (!S_ISLNK(stat_of(entry).st_mode)) {
    // fchmod refuses O_PATH; the magic link leads to exactly this entry (open(2)).
    const std::string link = "/proc/self/fd/" + std::to_string(entry.get());
    check(::chmod(link.c_str(), info.st_mode & 07777), "chmod", name);
  }
  const timespec times[2] = {info.st_mtim, info.st_mtim};
  check(::utimensat(entry.get(), "", times, AT_EMPTY_PATH), "utimensat", name);
}

void set_entry_time(const Fd& dir, const std::string& name, const timespec& mtime) {
  const timespec times[2] = {mtime, mtime};
  check(::utimensat(dir.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat", name);
}

size_t copy_bytes(const Fd& from, const Fd& to, size_t limit) {
  ssize_t copied = -1;
  do {
    copied = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, limit, 0);
  } while (copied < 0 && errno == EINTR);
  // Two file systems, or one that can't (copy_file_range(2)): through memory. Also at "0": some special files claim it.
  if (copied > 0) return static_cast<size_t>(copied);
  if (copied < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) {
    throw Error::from_errno("copy_file_range()", errno);
  }
  char buffer[64u << 10];
  const size_t got = read_some(from, buffer, std::min(limit, sizeof buffer));
  write_all(to, {buffer, got}, "copy");
  return got;
}

}  // namespace minibox::sys
