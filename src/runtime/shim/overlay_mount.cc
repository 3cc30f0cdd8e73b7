#include "runtime/shim/overlay_mount.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "runtime/shim/mount_options.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/overlay.h"

namespace minibox::runtime::shim {
namespace {

// Overlay remembers its mounter's ids and does its own work on the upper directory with them; on an idmapped upper they
// must be ids that the mapping knows, or every write fails with EOVERFLOW. Capabilities stay as they are.
class FsIds {
 public:
  FsIds(unsigned uid, unsigned gid) {
    if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0)
      throw Error::from_errno("prctl(PR_SET_SECUREBITS)", errno);
    ::setfsuid(uid);
    ::setfsgid(gid);
  }
  FsIds(const FsIds&) = delete;
  FsIds& operator=(const FsIds&) = delete;
  ~FsIds() {
    ::setfsuid(0);
    ::setfsgid(0);
    ::prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
  }
};

}  // namespace

unsigned host_root(const std::vector<oci::IdMapping>& mappings) {
  for (const oci::IdMapping& mapping : mappings) {
    if (mapping.container_id == 0) return mapping.host_id;
  }
  return 0;
}

namespace {

// proc_pid_mountinfo(5): the mount point is the fifth word, the type comes behind the "-".
std::string file_system_of(const std::string& path) {
  const std::string real = sys::path_of(sys::open_file(path, O_PATH));
  std::string type = "unknown";
  size_t longest = 0;
  for (const std::string& line : split(sys::read_file("/proc/self/mountinfo"), '\n')) {
    const std::vector<std::string> words = split_words(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 5 || dash == words.end() || dash + 1 == words.end()) continue;
    const std::string& point = words[4];
    const bool holds = point == "/" || real == point || real.starts_with(point + "/");
    if (!holds || point.size() < longest) continue;
    longest = point.size();
    type = *(dash + 1);
  }
  return type;
}

Error explained(Error& error, const std::string& path) {
  error.add_context("idmap " + quote(path) + ", on file system " + file_system_of(path));
  if (error.errno_value() == EINVAL)
    error.with_hint(error.hint() + "; with --userns host it need not be, and root inside is then root of the host");
  return error;
}

}  // namespace

sys::Fd idmapped_copy(const oci::Mount& mount, const std::string& path, bool recursive, const sys::Fd& user_namespace) {
  sys::Fd copy = sys::clone_tree({}, path, recursive);
  if (!mount.uid_mappings.empty()) {
    try {
      sys::set_idmap(copy, user_namespace, recursive);
    } catch (Error& error) {
      throw explained(error, path);
    }
  }
  return copy;
}

sys::Fd make_overlay(const oci::RuntimeSpec& spec, const oci::Mount& mount, const sys::Fd& user_namespace,
                     std::vector<sys::Fd>& kept) {
  const MountOptions options = parse_options(mount);
  sys::OverlayLayers layers = sys::copy_layers(
      options.data, [&](const std::string& path) { return idmapped_copy(mount, path, false, user_namespace); });
  sys::Fd root;
  {
    const FsIds ids(host_root(spec.uid_mappings), host_root(spec.gid_mappings));
    root = sys::make_overlay(layers);
  }
  sys::set_attributes(root, options.attributes);
  for (sys::Fd& copy : layers.lower) kept.push_back(std::move(copy));
  kept.push_back(std::move(layers.upper_parent));
  return root;
}

}  // namespace minibox::runtime::shim
