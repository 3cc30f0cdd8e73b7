#include "sys/file_system.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::sys {

bool is_served(const std::string& path) {
  struct statfs info{};
  if (::statfs(path.c_str(), &info) == 0) return true;
  // ECONNABORTED: it went while we asked.
  if (errno == ENOTCONN || errno == ECONNABORTED) return false;
  throw Error::from_errno("statfs('" + path + "')", errno);
}

std::string boot_id() {
  return std::string(trim(read_file("/proc/sys/kernel/random/boot_id", 64)));
}

std::optional<std::string> identify_file_system(const Fd& file) {
  constexpr std::array<std::uint32_t, 5> kTrusted = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
                                                     F2FS_SUPER_MAGIC, TMPFS_MAGIC};
  struct statfs info{};
  if (::fstatfs(file.get(), &info) != 0) throw Error::from_errno("fstatfs()", errno);
  const auto type = static_cast<std::uint32_t>(info.f_type);
  if (std::find(kTrusted.begin(), kTrusted.end(), type) == kTrusted.end()) return std::nullopt;
  const auto part = [&](int i) { return std::to_string(static_cast<std::uint32_t>(info.f_fsid.__val[i])); };
  return std::to_string(type) + "-" + part(0) + "-" + part(1) + "-" + boot_id();
}

}  // namespace minibox::sys
