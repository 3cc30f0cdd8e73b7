#include "sys/capability.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace minibox::sys {
namespace {

// In the order of <linux/capability.h>: the index is the number.
constexpr std::array<std::string_view, 41> kNames = {"CAP_CHOWN",
                                                     "CAP_DAC_OVERRIDE",
                                                     "CAP_DAC_READ_SEARCH",
                                                     "CAP_FOWNER",
                                                     "CAP_FSETID",
                                                     "CAP_KILL",
                                                     "CAP_SETGID",
                                                     "CAP_SETUID",
                                                     "CAP_SETPCAP",
                                                     "CAP_LINUX_IMMUTABLE",
                                                     "CAP_NET_BIND_SERVICE",
                                                     "CAP_NET_BROADCAST",
                                                     "CAP_NET_ADMIN",
                                                     "CAP_NET_RAW",
                                                     "CAP_IPC_LOCK",
                                                     "CAP_IPC_OWNER",
                                                     "CAP_SYS_MODULE",
                                                     "CAP_SYS_RAWIO",
                                                     "CAP_SYS_CHROOT",
                                                     "CAP_SYS_PTRACE",
                                                     "CAP_SYS_PACCT",
                                                     "CAP_SYS_ADMIN",
                                                     "CAP_SYS_BOOT",
                                                     "CAP_SYS_NICE",
                                                     "CAP_SYS_RESOURCE",
                                                     "CAP_SYS_TIME",
                                                     "CAP_SYS_TTY_CONFIG",
                                                     "CAP_MKNOD",
                                                     "CAP_LEASE",
                                                     "CAP_AUDIT_WRITE",
                                                     "CAP_AUDIT_CONTROL",
                                                     "CAP_SETFCAP",
                                                     "CAP_MAC_OVERRIDE",
                                                     "CAP_MAC_ADMIN",
                                                     "CAP_SYSLOG",
                                                     "CAP_WAKE_ALARM",
                                                     "CAP_BLOCK_SUSPEND",
                                                     "CAP_AUDIT_READ",
                                                     "CAP_PERFMON",
                                                     "CAP_BPF",
                                                     "CAP_CHECKPOINT_RESTORE"};
static_assert(kNames.size() == CAP_LAST_CAP + 1, "a new capability: name it here");

// `read` says 1 or 0 for each capability, and EINVAL beyond the kernel's last.
template <typename Read>
CapabilityMask collect(Read read) {
  CapabilityMask mask = 0;
  for (unsigned long number = 0; number < 64; ++number) {
    const int result = read(number);
    if (result < 0 && errno == EINVAL) break;
    if (result < 0) throw Error::from_errno("prctl(capability " + std::to_string(number) + ")", errno);
    if (result == 1) mask |= CapabilityMask{1} << number;
  }
  return mask;
}

}  // namespace

CapabilityMask capability_mask(const std::vector<std::string>& names) {
  CapabilityMask mask = 0;
  for (const std::string& name : names) {
    size_t number = 0;
    while (number < kNames.size() && kNames[number] != name) ++number;
    if (number == kNames.size()) throw Error(ErrorKind::kInvalid, "unknown capability " + quote(name));
    mask |= CapabilityMask{1} << number;
  }
  return mask;
}

void drop_bounding_set(CapabilityMask keep) {
  // A newer kernel may have capabilities that this program has no name for: go on until it says EINVAL.
  for (unsigned long number = 0; number < 64; ++number) {
    if (number < kNames.size() && (keep >> number & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) return;
    throw Error::from_errno("prctl(PR_CAPBSET_DROP, " + std::to_string(number) + ")", errno);
  }
}

void set_capabilities(const CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  for (int half = 0; half < 2; ++half) {
    data[half].effective = static_cast<__u32>(sets.effective >> (32 * half));
    data[half].permitted = static_cast<__u32>(sets.permitted >> (32 * half));
    data[half].inheritable = static_cast<__u32>(sets.inheritable >> (32 * half));
  }
  if (::syscall(SYS_capset, &header, data) != 0) throw Error::from_errno("capset()", errno);
}

CapabilitySets current_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  if (::syscall(SYS_capget, &header, data) != 0) throw Error::from_errno("capget()", errno);
  const auto join = [](std::uint64_t low, std::uint64_t high) { return low | high << 32; };
  return {.effective = join(data[0].effective, data[1].effective),
          .permitted = join(data[0].permitted, data[1].permitted),
          .inheritable = join(data[0].inheritable, data[1].inheritable)};
}

CapabilityMask current_bounding_set() {
  return collect([](unsigned long number) { return ::prctl(PR_CAPBSET_READ, number, 0, 0, 0); });
}

CapabilityMask current_ambient() {
  return collect([](unsigned long number) { return ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0); });
}

void set_ambient(CapabilityMask ambient) {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    throw Error::from_errno("prctl(PR_CAP_AMBIENT_CLEAR_ALL)", errno);
  for (unsigned long number = 0; number < kNames.size(); ++number) {
    if ((ambient >> number & 1) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0) {
      throw Error::from_errno("prctl(PR_CAP_AMBIENT_RAISE, " + std::string(kNames[number]) + ")", errno);
    }
  }
}

void keep_capabilities_over_setuid() {
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_KEEPCAPS)", errno);
}

}  // namespace minibox::sys
