#include "sys/file_system.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::sys {

// Asked on a thread of its own, which stays behind when there is no answer: statfs(2) waits for ever.
bool is_served(const std::string& path, std::chrono::milliseconds patience) {
  auto answer = std::make_shared<std::promise<int>>();
  std::future<int> result = answer->get_future();
  std::thread([path, answer] {
    struct statfs info{};
    answer->set_value(::statfs(path.c_str(), &info) == 0 ? 0 : errno);
  }).detach();
  if (result.wait_for(patience) != std::future_status::ready) return false;
  const int error = result.get();
  // ECONNABORTED: it went while we asked.
  if (error == ENOTCONN || error == ECONNABORTED) return false;
  if (error != 0) throw Error::from_errno("statfs('" + path + "')", error);
  return true;
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
