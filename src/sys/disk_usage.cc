#include "sys/disk_usage.h"

#include <fcntl.h>

#include <set>
#include <utility>

#include "base/error.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

constexpr int kMaxDepth = 250;  // one descriptor a level

class Count {
 public:
  void add(const struct stat& info) {
    if (info.st_nlink > 1 && !S_ISDIR(info.st_mode) && !seen_.insert({info.st_dev, info.st_ino}).second) return;
    constexpr std::uint64_t kBlock = 512;
    bytes_ += static_cast<std::uint64_t>(info.st_blocks) * kBlock;
  }
  void directory(const Fd& dir, int depth) {
    for (const std::string& name : list_entries(dir)) {
      const auto info = try_stat_entry(dir, name);
      if (!info) continue;
      add(*info);
      if (S_ISDIR(info->st_mode) && depth < kMaxDepth) inside(dir, name, depth);
    }
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  void inside(const Fd& dir, const std::string& name, int depth) {
    try {
      directory(open_dir_entry(dir, name), depth + 1);
    } catch (const Error& error) {
      if (error.errno_value() != ENOENT && error.errno_value() != ENOTDIR) throw;
    }
  }

  std::uint64_t bytes_ = 0;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

std::uint64_t disk_usage(const std::string& path) {
  const auto info = try_lstat(path);
  if (!info) return 0;
  Count count;
  count.add(*info);
  if (S_ISDIR(info->st_mode)) {
    const auto dir = try_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (dir) count.directory(*dir, 0);
  }
  return count.bytes();
}

}  // namespace minibox::sys
