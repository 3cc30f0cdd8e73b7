#include "sys/process_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

bool has_ended(int errno_value) {
  return errno_value == ENOENT || errno_value == ESRCH;
}

}  // namespace

std::optional<ProcessDir> ProcessDir::open(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid);
  Fd dir(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir) return ProcessDir(std::move(dir));
  if (has_ended(errno)) return std::nullopt;
  throw Error::from_errno("open('" + path + "')", errno);
}

std::optional<std::string> ProcessDir::read(const std::string& file, size_t at_most) const {
  const Fd fd(::openat(dir_.get(), file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && has_ended(errno)) return std::nullopt;
  if (!fd) throw Error::from_errno("openat('/proc/<pid>/" + file + "')", errno);
  try {
    std::string text(at_most, '\0');
    size_t size = 0;
    while (size < at_most) {
      const size_t got = read_some(fd, text.data() + size, at_most - size);
      if (got == 0) break;
      size += got;
    }
    text.resize(size);
    return text;
  } catch (const Error& error) {
    if (has_ended(error.errno_value())) return std::nullopt;
    throw;
  }
}

bool ProcessDir::in_cgroup(const std::string& path) const {
  for (const std::string& line : split(read("cgroup").value_or(""), '\n')) {  // "4:memory:/minibox/0a1b2c3d"
    const size_t start = line.find(':', line.find(':') + 1);
    if (start == std::string::npos) continue;
    const std::string own = line.substr(start + 1);
    if (own == path || own.starts_with(path + "/")) return true;
  }
  return false;
}

std::optional<Fd> ProcessDir::open_root() const {
  Fd root(::openat(dir_.get(), "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root) return root;
  if (has_ended(errno)) return std::nullopt;
  throw Error::from_errno("openat('/proc/<pid>/root')", errno);
}

}  // namespace minibox::sys
