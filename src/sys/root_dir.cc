#include "sys/root_dir.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

int openat2_in_root(const Fd& dir, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<__u64>(flags) | O_CLOEXEC;
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const std::string relative = relative_path(path);
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, dir.get(), relative.empty() ? "." : relative.c_str(), &how, sizeof how);
    // EAGAIN: a rename raced with a ".." in the path; the kernel asks to try again (openat2(2)).
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN) || attempt == 100) return static_cast<int>(fd);
  }
}

[[noreturn]] void fail(const char* name, const std::string& path) {
  throw Error::from_errno(std::string(name) + "('" + path + "')", errno);
}

}  // namespace

std::string relative_path(const std::string& path) {
  std::string relative;
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (!relative.empty()) relative += '/';
    relative += part;
  }
  return relative;
}

RootDir RootDir::open(const std::string& path) {
  return RootDir(open_dir(path));
}

Fd RootDir::open_beneath(const std::string& path, int flags, mode_t mode) const {
  Fd fd(openat2_in_root(dir_, path, flags, mode));
  if (!fd) fail("openat2", path);
  return fd;
}

std::optional<Fd> RootDir::try_open_beneath(const std::string& path, int flags, mode_t mode) const {
  Fd fd(openat2_in_root(dir_, path, flags, mode));
  if (fd) return fd;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  fail("openat2", path);
}

Fd RootDir::make_dirs_beneath(const std::string& path, mode_t mode, uid_t uid, gid_t gid) const {
  Fd current = open_beneath(".", O_RDONLY | O_DIRECTORY);
  std::string walked;
  for (const std::string& part : split(relative_path(path), '/')) {
    if (part.empty()) continue;
    walked += "/" + part;
    if (std::optional<Fd> next = try_open_beneath(walked, O_RDONLY | O_DIRECTORY)) {
      current = std::move(*next);
      continue;
    }
    if (part == "..") throw Error(ErrorKind::kInvalid, "'" + path + "': no directory before '..'");
    if (::mkdirat(current.get(), part.c_str(), mode) != 0 && errno != EEXIST) fail("mkdirat", path);
    current = open_beneath(walked, O_RDONLY | O_DIRECTORY);
    if (::fchown(current.get(), uid, gid) != 0) fail("fchown", path);
    if (::fchmod(current.get(), mode) != 0) fail("fchmod", path);  // mkdirat obeys the umask
  }
  return current;
}

RootDir::Parent RootDir::open_parent(const std::string& path) const {
  const std::string relative = relative_path(path);
  const size_t slash = relative.rfind('/');
  const std::string name = slash == std::string::npos ? relative : relative.substr(slash + 1);
  if (name.empty() || name == "..") throw Error(ErrorKind::kInvalid, "'" + path + "' names no file");
  return {open_beneath(slash == std::string::npos ? "." : relative.substr(0, slash), O_RDONLY | O_DIRECTORY), name};
}

}  // namespace minibox::sys
