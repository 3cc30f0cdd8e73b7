// Owner of a descriptor, and the few calls on files that cp needs. Names are plain: no symlink is followed.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minibox::cli {

class LocalFile {
 public:
  LocalFile() = default;
  explicit LocalFile(int fd) : fd_(fd) {}
  LocalFile(LocalFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  LocalFile& operator=(LocalFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~LocalFile();

  int fd() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  size_t read(char* buffer, size_t size) const;  // 0 at the end
  void write(std::string_view bytes) const;

 private:
  int fd_ = -1;
};

LocalFile open_local(const LocalFile& dir, const std::string& name, int flags, mode_t mode = 0);  // O_NOFOLLOW
LocalFile open_local_dir(const std::string& path);  // a path of the user's: symlinks are followed
std::optional<struct stat> stat_local(const LocalFile& dir, const std::string& name);
std::vector<std::string> list_local(const LocalFile& dir);  // sorted

}  // namespace minibox::cli
