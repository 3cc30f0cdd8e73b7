#include "sys/attributes.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"

namespace minibox::sys {
namespace {

void check(long result, const char* call) {
  if (result < 0) throw Error::from_errno(call, errno);
}

// Reads a value whose size is asked for first and may grow in between (ERANGE).
template <typename Read>
std::optional<std::string> read_sized(const std::string& call, Read read) {
  for (;;) {
    const ssize_t size = read(nullptr, 0);
    std::string value(size > 0 ? static_cast<size_t>(size) : 0, '\0');
    const ssize_t got = size > 0 ? read(value.data(), value.size()) : size;
    if (got >= 0) {
      value.resize(static_cast<size_t>(got));
      return value;
    }
    if (errno == ENODATA || errno == EOPNOTSUPP) return std::nullopt;
    if (errno != ERANGE) throw Error::from_errno(call, errno);
  }
}

}  // namespace

void set_modified_time(const Fd& file, const timespec& mtime) {
  const timespec times[2] = {mtime, mtime};
  check(::futimens(file.get(), times), "futimens()");
}

void set_file_attributes(const Fd& file, uid_t uid, gid_t gid, mode_t mode, const timespec& mtime) {
  check(::fchown(file.get(), uid, gid), "fchown()");
  check(::fchmod(file.get(), mode & 07777), "fchmod()");
  set_modified_time(file, mtime);
}

void try_spread_subdirectories(const Fd& dir) {
  unsigned flags = 0;
  if (::ioctl(dir.get(), FS_IOC_GETFLAGS, &flags) != 0 || (flags & FS_TOPDIR_FL) != 0) return;
  flags |= FS_TOPDIR_FL;
  ::ioctl(dir.get(), FS_IOC_SETFLAGS, &flags);
}

std::vector<std::string> list_xattrs(const Fd& file) {
  const auto names =
      read_sized("flistxattr()", [&](char* buffer, size_t size) { return ::flistxattr(file.get(), buffer, size); });
  std::vector<std::string> list;
  for (std::string& name : split(names.value_or(""), '\0')) {
    if (!name.empty()) list.push_back(std::move(name));
  }
  std::sort(list.begin(), list.end());
  return list;
}

std::optional<std::string> try_get_xattr(const Fd& file, const std::string& name) {
  return read_sized("fgetxattr('" + name + "')",
                    [&](char* buffer, size_t size) { return ::fgetxattr(file.get(), name.c_str(), buffer, size); });
}

void set_xattr(const Fd& file, const std::string& name, std::string_view value) {
  if (::fsetxattr(file.get(), name.c_str(), value.data(), value.size(), 0) != 0) {
    throw Error::from_errno("fsetxattr('" + name + "')", errno);
  }
}

void remove_xattr(const Fd& file, const std::string& name) {
  if (::fremovexattr(file.get(), name.c_str()) != 0) throw Error::from_errno("fremovexattr('" + name + "')", errno);
}

}  // namespace minibox::sys
