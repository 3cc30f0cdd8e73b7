#include "lazy/fuse_mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "lazy/fuse_message.h"
#include "lazy/fuse_protocol.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/mount.h"

namespace minibox::lazy {
namespace {

constexpr std::uint32_t kMaxReadPages = kMaxRead / 4096;

// What is asked for, as far as the kernel offers it. Opening directories, and mostly files, is answered by ENOSYS: then
// the kernel does it alone, and keeps what it has read (fuse_open() of Linux' fs/fuse/file.c).
constexpr std::uint64_t kWanted = FUSE_ASYNC_READ | FUSE_PARALLEL_DIROPS | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO |
                                  FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS | FUSE_NO_OPEN_SUPPORT |
                                  FUSE_NO_OPENDIR_SUPPORT | FUSE_EXPLICIT_INVAL_DATA | FUSE_INIT_EXT | kFuseAllowIdmap;

fuse_init_out answer_init(const fuse_init_in& init, std::uint64_t taken) {
  fuse_init_out answer{};
  answer.major = FUSE_KERNEL_VERSION;
  answer.minor = FUSE_KERNEL_MINOR_VERSION;
  answer.max_readahead = std::max(init.max_readahead, kMaxRead);  // as try_read_ahead() has set it since
  answer.flags = static_cast<std::uint32_t>(taken);
  answer.flags2 = static_cast<std::uint32_t>(taken >> 32);
  // All containers of a layer share this number of reads ahead; those that wait for a registry must leave some.
  answer.max_background = 512;
  answer.congestion_threshold = 384;
  answer.max_write = 4096;  // nobody writes; it makes the smallest buffer for requests
  answer.time_gran = 1;
  answer.max_pages = kMaxReadPages;
  if ((taken & kFusePassthrough) != 0) set_stack_depth(answer, 1);
  return answer;
}

// The kernel begins with 128 KiB, and makes a request of each piece of that size.
void try_read_ahead(const sys::Fd& mount) {
  struct statx info{};
  // Without asking us, who have not answered the first request yet.
  if (::statx(mount.get(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &info) != 0) return;
  const std::string path = "/sys/class/bdi/" + std::to_string(info.stx_dev_major) + ":" +
                           std::to_string(info.stx_dev_minor) + "/read_ahead_kb";
  try {
    sys::write_all(sys::open_file(path, O_WRONLY), std::to_string(kMaxRead >> 10), path);
  } catch (const Error&) {  // slower, and that is all
  }
}

sys::Fd open_device() {
  const auto device = sys::try_open("/dev/fuse", O_RDWR);
  if (!device) throw Error(ErrorKind::kUnsupported, "this kernel has no FUSE").with_hint("modprobe fuse");
  return device->duplicate();
}

}  // namespace

sys::Fd mount_fuse(const std::string& target) {
  sys::Fd device = open_device();
  sys::FsContext context("fuse");
  context.set_string("source", "minibox-lazy");
  context.set_string("fd", std::to_string(device.get()));
  context.set_string("rootmode", "40000");
  context.set_string("user_id", "0");
  context.set_string("group_id", "0");
  context.set_string("max_read", std::to_string(kMaxRead));
  context.set_flag("default_permissions");
  context.set_flag("allow_other");
  context.set_flag("ro");
  const sys::Fd mount = context.create(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
  try_read_ahead(mount);
  sys::attach(mount, sys::open_dir(target), target);
  return device;
}

bool shake_hands(const sys::Fd& device, bool passthrough) {
  FuseBuffer buffer;
  const auto request = read_request(device, buffer);
  if (!request || request->header.opcode != FUSE_INIT) throw Error(ErrorKind::kUnsupported, "FUSE: no INIT");
  const auto init = request->read<fuse_init_in>();
  const std::uint64_t offered = init.flags | (std::uint64_t{init.flags2} << 32);
  if ((init.flags & FUSE_INIT_EXT) == 0 || (offered & kFuseAllowIdmap) == 0) {
    throw Error(ErrorKind::kUnsupported, "this kernel can't id-map FUSE mounts")
        .with_hint("lazy layers need Linux 6.12 or later");
  }
  const std::uint64_t taken = offered & (kWanted | (passthrough ? kFusePassthrough : 0));
  const fuse_init_out answer = answer_init(init, taken);
  reply(device, request->header.unique, &answer, sizeof answer);
  sys::set_nonblocking(device, true);
  return (taken & kFusePassthrough) != 0;
}

}  // namespace minibox::lazy
