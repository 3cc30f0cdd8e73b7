#include "cli/local_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace minibox::cli {

LocalFile::~LocalFile() {
  if (fd_ >= 0) ::close(fd_);
}

size_t LocalFile::read(char* buffer, size_t size) const {
  ssize_t got = 0;
  do {
    got = ::read(fd_, buffer, size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw Error::from_errno("read()", errno);
  return static_cast<size_t>(got);
}

void LocalFile::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw Error::from_errno("write()", errno);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
}

LocalFile open_local(const LocalFile& dir, const std::string& name, int flags, mode_t mode) {
  LocalFile file(::openat(dir.fd(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.valid()) throw Error::from_errno("open(" + quote(name) + ")", errno);
  return file;
}

LocalFile open_local_dir(const std::string& path) {
  LocalFile file(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.valid()) throw Error::from_errno("open(" + quote(path) + ")", errno);
  return file;
}

std::optional<struct stat> stat_local(const LocalFile& dir, const std::string& name) {
  struct stat info{};
  if (::fstatat(dir.fd(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return info;
  if (errno == ENOENT) return std::nullopt;
  throw Error::from_errno("fstatat(" + quote(name) + ")", errno);
}

std::vector<std::string> list_local(const LocalFile& dir) {
  const int copy = ::openat(dir.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // readdir moves the offset of its own
  if (copy < 0) throw Error::from_errno("open('.')", errno);
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  const std::unique_ptr<DIR, Close> stream(::fdopendir(copy));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace minibox::cli
